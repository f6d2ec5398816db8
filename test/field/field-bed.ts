import { QUEUES, type Queue } from '../../simulator/queue-directory.ts';
import { type ProcessedLine, type WorkerBed, withWorker } from '../integration/worker/with-worker.ts';

const RESOLVED = { id: 'aaaaaaaa-0000-4000-8000-000000000001', name: 'Resolved' };
const FOLLOW_UP = { id: 'aaaaaaaa-0000-4000-8000-000000000002', name: 'Follow-up needed' };
export const WRAPUP_CODES = { resolved: RESOLVED, followUp: FOLLOW_UP };
export const FIRST_QUEUE: Queue = {
  id: 'bbbbbbbb-0000-4000-8000-000000000001',
  name: 'First line',
  wrapupCodes: [RESOLVED, FOLLOW_UP],
};
export const SECOND_QUEUE: Queue = { ...FIRST_QUEUE, id: 'bbbbbbbb-0000-4000-8000-000000000002', name: 'Second line' };

/** One real worker behind the real receiver, for all situations at once: each has conversations and rules of its own. */
export function withField(rules: readonly object[], work: (bed: WorkerBed) => Promise<void>): Promise<void> {
  const queues = [...Object.values(QUEUES), FIRST_QUEUE, SECOND_QUEUE];
  const simulator = { queues, writeVisibilityMs: 0 };
  // On a busy machine a call may take seconds; one that timed out would be sent again.
  const genesys = { timeoutMs: 15_000 };
  const options = { rules: JSON.stringify({ rules }), simulator, genesys, concurrency: 40, readBackDelaysMs: [5, 20, 80] };
  return withWorker(options, work);
}

/** `transfer applied (written)`, one for each action. */
export function outcomesOf({ outcomes }: ProcessedLine): readonly string[] {
  return outcomes.map(({ action, outcome, reason }) => `${action} ${outcome} (${reason})`);
}

/** What took effect on the conversation, in order: the kind of write and the participant. */
export function writesOn({ simulator }: WorkerBed, conversationId: string): readonly string[] {
  return simulator
    .executedWrites()
    .filter((write) => write.conversationId === conversationId)
    .map(({ write, participantId }) => `${write.kind} ${participantId}`);
}
