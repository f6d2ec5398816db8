import { shorten } from '../../domain/shorten.ts';
import type { Conversation, Participant } from '../../genesys/genesys-client.ts';
import { isSupervising } from '../../genesys/participant-role.ts';
import { hasCaller, isConversationEnded, isEnded } from '../../genesys/participant-state.ts';
import type { IdentifiedParticipant, Resolution } from '../../genesys/resolve-participant.ts';
import type { ActionResources } from '../action-kind.ts';
import { createWrapups } from '../apply-wrapup/plan.ts';
import type { LiveConversation } from '../live-conversation.ts';
import { type Ending, ending, findParticipant, type Step, StepRefused, StillRinging } from '../step.ts';
import type { Write } from '../write.ts';
import type { Transfer } from './action.ts';
import { type Destination, describeDestination, isAlreadyThere } from './evidence.ts';
import { createTransferIntents, type TransferIntents } from './intents.ts';
import { createKnownQueues, type KnownQueues } from './known-queues.ts';
import { settleIntent } from './settle-intent.ts';
import { type TransferStores, transferWrite } from './write.ts';

export interface Transfers {
  /** @throws StepRefused, NotReadyYet, RenderError, GenesysError */
  plan(step: Step<Transfer>, live: LiveConversation): Promise<Write | Ending>;
}

export function openTransfers(resources: ActionResources): Transfers {
  const { redis, prefix, retrySeconds, now } = resources;
  const intents = createTransferIntents({ redis, prefix, ttlSeconds: retrySeconds });
  return createTransfers({ intents, wrapups: createWrapups(resources), now }, createKnownQueues(now));
}

export function createTransfers(stores: TransferStores, queues: KnownQueues): Transfers {
  return { plan: (step, live) => planTransfer(step, live, stores, queues) };
}

/**
 * A transfer happens at most once. The intent is recorded before the call. If an intent exists already (a response was lost, a
 * process died), the fresh conversation decides whether the transfer happened; only a clear "no" allows it to be sent again.
 */
async function planTransfer(
  step: Step<Transfer>,
  live: LiveConversation,
  stores: TransferStores,
  queues: KnownQueues,
): Promise<Write | Ending> {
  const stepId = `${live.conversationId}/${step.entryId}/${step.key}`;
  const settled = await settleEarlierTry(stepId, live, stores.intents);
  if (settled !== null) return settled;
  const conversation = await live.current();
  if (isConversationEnded(conversation)) return ending('skipped', 'conversation-ended', 'the conversation has ended');
  const resolution = findParticipant(step, conversation);
  const transfer = step.render(conversation, resolution.found ? resolution.participant : {});
  const destination = await findDestination(transfer, live, queues);
  const placed = placeTransfer({ transfer, destination, resolution }, conversation);
  if (!('transfer' in placed)) return placed;
  if (destination.kind === 'queue' && !(await queues.exists(live.client, destination.queueId))) {
    throw new StepRefused('queue-not-found', noQueue(transfer, 'queueId'), placed.participant.id);
  }
  return transferWrite({ ...placed, step, stepId }, live, stores);
}

/** A rule's expression can put any value of an event in the place of a queue that does not exist. */
function noQueue({ rendered, ...transfer }: Transfer, field: 'queueId' | 'queueName'): string {
  const what = field === 'queueId' ? 'id' : 'name';
  const value = rendered?.includes(field) ? 'that the rule rendered' : shorten(transfer[field] ?? '');
  return `there is no queue with the ${what} ${value}`;
}

/** The rules file and the command schema let exactly one destination through. */
async function findDestination(transfer: Transfer, live: LiveConversation, queues: KnownQueues): Promise<Destination> {
  const { queueId, queueName, userId, externalContactId, phoneType = '', address = '', rendered } = transfer;
  const from = (field: keyof Transfer) => (rendered?.includes(field) ? ({ rendered: true } as const) : {});
  if (queueId !== undefined) return { kind: 'queue', queueId, ...from('queueId') };
  if (userId !== undefined) return { kind: 'user', userId, ...from('userId') };
  if (externalContactId !== undefined)
    return { kind: 'contact', contactId: externalContactId, phoneType, ...from('externalContactId') };
  if (queueName === undefined) return { kind: 'address', address, ...from('address') };
  const found = await queues.find(live.client, queueName);
  if (found === null) throw new StepRefused('queue-not-found', noQueue(transfer, 'queueName'));
  return { kind: 'queue', queueId: found };
}

async function settleEarlierTry(stepId: string, live: LiveConversation, intents: TransferIntents): Promise<Ending | null> {
  const intent = await intents.find(stepId);
  return intent === null ? null : settleIntent(stepId, intent, live, intents);
}

interface PlacedTransfer {
  readonly transfer: Transfer;
  readonly destination: Destination;
  readonly participant: IdentifiedParticipant;
}

interface Wanted {
  readonly transfer: Transfer;
  readonly destination: Destination;
  readonly resolution: Resolution;
}

function placeTransfer({ transfer, destination, resolution }: Wanted, conversation: Conversation): PlacedTransfer | Ending {
  const replaced: Participant = resolution.found ? resolution.participant : {};
  if (isAlreadyThere(conversation, replaced, destination, transfer.requeue === true)) {
    const detail = `the caller is at ${describeDestination(destination)} already`;
    return ending('unchanged', 'already-there', detail, replaced.id ?? null);
  }
  if (!resolution.found) throw new StepRefused(resolution.reason, resolution.detail);
  const { participant } = resolution;
  if (isSupervising(participant)) return ending('skipped', 'not-an-agent', SUPERVISING, participant.id);
  if (isEnded(participant)) return ending('skipped', 'participant-ended', 'the participant to replace has ended', participant.id);
  if (!hasCaller(participant)) throw new StillRinging(`the participant to replace is not connected yet`, participant.id);
  return { transfer, destination, participant };
}

const SUPERVISING = 'the participant only monitors, coaches or has barged in';
