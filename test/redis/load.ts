import { setTimeout as delay } from 'node:timers/promises';
import { sendDelivery } from '../../harness/send-delivery.ts';
import type { Simulator } from '../../simulator/start-simulator.ts';
import { buildDelivery } from '../chaos/build-delivery.ts';
import type { LedgerLine } from '../chaos/ledger.ts';
import { seedOf } from '../chaos/rules.ts';
import type { Attempt } from './truth.ts';

export const SECRET = 'redis-secret-of-more-than-16-bytes';

const LANES = 3;
const EVENTS_OF_CONVERSATION = 6;
const PAUSE_MS = 250;
const TIMEOUT_MS = 10_000;

/** A sender that sends events in order until it is stopped, and repeats each until it is accepted. */
export interface Load {
  /** What was accepted. */
  readonly ledger: readonly LedgerLine[];
  readonly attempts: readonly Attempt[];
  stop(): Promise<void>;
}

export function startLoad(simulator: Simulator, receiverUrl: string): Load {
  const ledger: LedgerLine[] = [];
  const attempts: Attempt[] = [];
  let running = true;

  const tryOnce = async (body: string): Promise<string> => {
    const sentAt = performance.now();
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await sendDelivery(`${receiverUrl}/webhooks/genesys`, body, { secret: SECRET, signal }).then(
      ({ status }) => String(status),
      (error: Error) => error.name,
    );
    attempts.push({ sentAt, endedAt: performance.now(), accepted: answer === '202' });
    return answer;
  };

  const runLane = async (lane: number) => {
    for (let sent = 0; running; sent += 1) {
      const conversationId = `call-${lane}-${Math.floor(sent / EVENTS_OF_CONVERSATION)}`;
      const sequence = (sent % EVENTS_OF_CONVERSATION) + 1;
      if (sequence === 1) simulator.createConversation(seedOf(conversationId));
      const event = { id: `${conversationId}-event-${sequence}`, conversationId, sequence, kind: 'tag' as const };
      // A repetition has the same bytes: with others it would be another event of the same id.
      const body = buildDelivery([event]);
      const sentAt = Date.now();
      const answers: string[] = [];
      while (answers.at(-1) !== '202') {
        answers.push(await tryOnce(body));
        await delay(PAUSE_MS);
        if (!running && answers.at(-1) !== '202') return;
      }
      ledger.push({ ...event, sentAt, acceptedAt: Date.now(), answers });
    }
  };

  const lanes = Promise.all(Array.from({ length: LANES }, (_, lane) => runLane(lane)));
  return {
    ledger,
    attempts,
    stop: async () => {
      running = false;
      await lanes;
    },
  };
}
