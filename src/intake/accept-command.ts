import { type ConversationEvent, NO_DETAILS } from '../domain/conversation-event.ts';
import { newEntry } from '../domain/inbox-entry.ts';
import { tellOutcome } from '../domain/outcome.ts';
import type { CommandStore } from '../inbox/command-store.ts';
import { withSendSpan } from '../telemetry/messaging-spans.ts';
import { currentTraceContext } from '../telemetry/tracing.ts';
import { countKeyReused } from './count-key-reused.ts';
import type { DeliveryStore } from './delivery-store.ts';
import type { CommandRequest, Intake } from './intake.ts';
import { withinDeadline } from './within-deadline.ts';

export interface CommandDependencies {
  readonly store: DeliveryStore;
  readonly commands: Pick<CommandStore, 'begin' | 'get' | 'claimName' | 'named'>;
}

/** The value of a command where an event has a Genesys topic. */
const COMMAND_TOPIC = 'hookpatch.command';

/** Commands wait in the same inbox as the conversation's events, so the order is kept. */
export function createAcceptCommand({ store, commands }: CommandDependencies): Intake['acceptCommand'] {
  return (request) =>
    withSendSpan(1, async () => {
      const { traceId, traceparent } = currentTraceContext();
      const { command, conversationId, receivedAt, name, id } = request;
      const entry = newEntry(commandEvent(request), { kind: 'command', ...command }, { receivedAt, traceparent, via: 'webhook' });
      return withinDeadline(async () => {
        // Remembered first, so that a caller that got a 202 never gets a 404.
        const first = await commands.begin(conversationId, entry.id, traceId);
        await store.accept([entry]).catch(countKeyReused('command'));
        const idOfName = name === null ? '' : entryIdOf(conversationId, name);
        const isNamed = name !== null && (await commands.claimName(conversationId, { name, idOfName, id: entry.id }));
        return { id: isNamed ? name : id, traceId: first };
      });
    });
}

export function createCommandStatus({ commands }: Pick<CommandDependencies, 'commands'>): Intake['commandStatus'] {
  return async (conversationId, id) => {
    const record = await withinDeadline(async () => {
      const known = await commands.get(conversationId, entryIdOf(conversationId, id));
      if (known !== null) return known;
      const named = await commands.named(conversationId, id);
      return named === null ? null : commands.get(conversationId, named);
    });
    if (record === null) return null;
    if (record.outcomes === null) return { status: 'pending' };
    return { status: 'done', outcomes: Object.values(record.outcomes).map(tellOutcome) };
  };
}

/**
 * The id within the service. A caller's key is unique for a conversation, and events of other senders have their own keys.
 * Without the conversation in the id, equal keys would silently make one of them a duplicate.
 */
function entryIdOf(conversationId: string, id: string): string {
  return `command/${conversationId}/${id}`;
}

function commandEvent({ conversationId, id, receivedAt }: CommandRequest): ConversationEvent {
  const occurredAt = new Date(receivedAt).toISOString();
  return { ...NO_DETAILS, id: entryIdOf(conversationId, id), topic: COMMAND_TOPIC, conversationId, occurredAt, body: {} };
}
