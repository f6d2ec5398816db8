import type { ConversationEvent } from '../domain/conversation-event.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { AwaitedProofs } from '../inbox/awaited-proofs.ts';
import type { ConversationQueue } from '../queue/conversation-queue.ts';

export interface NoteEvidenceOptions {
  readonly proofs: Pick<AwaitedProofs, 'note'>;
  readonly queue: Pick<ConversationQueue, 'ensureJobs'>;
  /** Whether an event can show what an action wrote. Cheap: it is asked for every event. */
  mayShow(event: ConversationEvent): boolean;
  evidenceOf(event: ConversationEvent): Evidence | null;
}

/**
 * Keeps what an event shows, although no rule may match it, when and only when a write in its conversation awaits proof. The sender
 * does not wait for this: evidence that is lost only costs a call.
 */
export function createNoteEvidence({ proofs, queue, mayShow, evidenceOf }: NoteEvidenceOptions) {
  return (event: ConversationEvent): void => {
    if (!mayShow(event)) return;
    const { conversationId } = event;
    void proofs
      .note(conversationId, () => evidenceOf(event))
      .then(({ needsJob }) => (needsJob ? queue.ensureJobs([conversationId]) : undefined))
      .catch(() => undefined);
  };
}
