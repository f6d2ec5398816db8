import { setTimeout as delay } from 'node:timers/promises';
import { type AcceptedBody, sendDelivery } from '../../../harness/send-delivery.ts';
import { buildEventBridgeEvent } from '../../../simulator/event-envelope.ts';
import { createRandom } from '../random.ts';
import { RULE_NAMES } from './plan-rollout.ts';

/** One event and what the receiver reported about it. */
export interface SentEvent {
  readonly id: string;
  readonly conversationId: string;
  /** From 1, in the order in which the conversation's events are sent. */
  readonly sequence: number;
  readonly rule: string;
  /** `ignored`: the receiver that took it does not have its rule. */
  readonly status: AcceptedBody['events'][number]['status'];
}

export interface SenderOptions {
  readonly seed: number;
  readonly secret: string;
  readonly conversationIds: readonly string[];
  /** How many events may have been sent by now. */
  allowed(): number;
  receiverUrls(): readonly string[];
}

const LANES = 4;
const MOST_OF_DELIVERY = 4;
const PAUSE_MS = 10;
const RETRY_PAUSE_MS = 20;
const TIMEOUT_MS = 5_000;

/** Sends as many events of all rules as are allowed until `ended`; a delivery is repeated until a receiver takes it. */
export async function sendEvents(options: SenderOptions, ended: AbortSignal): Promise<SentEvent[]> {
  const lanes = Array.from({ length: LANES }, (_, lane) => {
    const ids = options.conversationIds.filter((_, index) => index % LANES === lane);
    return runLane({ ...options, conversationIds: ids, seed: options.seed + lane }, ended);
  });
  return (await Promise.all(lanes)).flat();
}

async function runLane(options: SenderOptions, ended: AbortSignal): Promise<SentEvent[]> {
  const random = createRandom(options.seed);
  const sent: SentEvent[] = [];
  const sequences = new Map<string, number>();
  while (!ended.aborted) {
    if (sent.length >= options.allowed() / LANES) {
      await delay(PAUSE_MS, undefined, { signal: ended }).catch(() => undefined);
      continue;
    }
    const conversationId = random.pick(options.conversationIds);
    const from = sequences.get(conversationId) ?? 0;
    const events = Array.from({ length: random.between(1, MOST_OF_DELIVERY) }, (_, index) => {
      const sequence = from + index + 1;
      return { id: `${conversationId}-event-${sequence}`, conversationId, sequence, rule: random.pick(RULE_NAMES) };
    });
    sequences.set(conversationId, from + events.length);
    const body = JSON.stringify(events.map(envelopeOf));
    const receipts = await sendUntilTaken(body, () => random.pick(options.receiverUrls()), options.secret);
    sent.push(...events.map((event, index) => ({ ...event, status: receipts[index]?.status ?? 'ignored' })));
  }
  return sent;
}

async function sendUntilTaken(body: string, pickUrl: () => string, secret: string): Promise<AcceptedBody['events']> {
  for (;;) {
    try {
      const { status, body: receipt } = await sendDelivery(`${pickUrl()}/webhooks/genesys`, body, {
        secret,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (status === 202) return (receipt as AcceptedBody).events;
      if (status !== 503) throw new RangeError(`a delivery was refused with ${status}: ${JSON.stringify(receipt)}`);
    } catch (error) {
      if (error instanceof RangeError) throw error; // else a receiver that is being replaced
    }
    await delay(RETRY_PAUSE_MS);
  }
}

function envelopeOf({ id, conversationId, sequence, rule }: Omit<SentEvent, 'status'>) {
  const topic = (of: string) => `v2.detail.events.conversation.${of}.customer.start`;
  const at = Date.now();
  const eventBody = { eventTime: at, conversationId, mediaType: 'VOICE', sequence: String(sequence), rule };
  return buildEventBridgeEvent({ topicName: topic(conversationId), topicTemplate: topic('{id}'), eventBody, at }, id);
}
