/**
 * The sender, in a process of its own that nothing kills: sends every planned event, repeats whatever is not answered
 * with 2xx, and writes down each event that was accepted. Arguments: a {@link DriverOptions} as JSON; messages from
 * the parent: where the receivers are now.
 */
import { appendFile, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { sendDelivery } from '../../harness/send-delivery.ts';
import { buildDelivery } from './build-delivery.ts';
import type { LedgerLine } from './ledger.ts';
import { type PlannedEvent, planEvents, type SenderStep } from './plan-events.ts';
import { createRandom } from './random.ts';

export interface DriverOptions {
  readonly seed: number;
  readonly events: number;
  readonly eventsPerSecond: number;
  readonly secret: string;
  /** Of the simulator's control API, which is not behind a proxy. */
  readonly simulatorUrl: string;
  readonly ledgerFile: string;
}

/** Addresses of the receivers that run. */
export interface ReceiversMessage {
  readonly receivers: readonly string[];
}

const TIMEOUT_MS = 5_000;
const RETRY_PAUSE_MS = { least: 50, most: 400 };

const options = JSON.parse(process.argv[2] ?? '') as DriverOptions;
const random = createRandom(options.seed + 1);
let receivers: readonly string[] = [];
process.on('message', (message: ReceiversMessage) => {
  receivers = message.receivers;
});
process.on('disconnect', () => process.exit(1));

await writeFile(options.ledgerFile, '');
const { lanes } = planEvents(options.seed, options.events);
const startedAt = Date.now();
await Promise.all(lanes.map((lane) => runLane(lane)));
process.exit(0);

/** One connection: a delivery goes out when the one before it is accepted, at its time or, after a fault, as soon as it can. */
async function runLane(lane: readonly SenderStep[]): Promise<void> {
  let sent = 0;
  for (const step of lane) {
    if (step.kind === 'end') {
      await endConversation(step.conversationId);
      continue;
    }
    const dueAt = startedAt + (sent * lanes.length * 1_000) / options.eventsPerSecond;
    await delay(Math.max(0, dueAt - Date.now()));
    sent += step.events.length;
    const body = buildDelivery(step.events);
    await record(step.events, await sendUntilAccepted(body));
    if (step.repeatLater) await sendUntilAccepted(body);
  }
}

interface Acceptance {
  readonly sentAt: number;
  readonly answers: readonly string[];
}

async function sendUntilAccepted(body: string): Promise<Acceptance> {
  const sentAt = Date.now();
  const answers: string[] = [];
  for (;;) {
    const answer = await tryOnce(body);
    answers.push(answer);
    if (answer.startsWith('2')) return { sentAt, answers };
    await delay(random.between(RETRY_PAUSE_MS.least, RETRY_PAUSE_MS.most));
  }
}

async function tryOnce(body: string): Promise<string> {
  if (receivers.length === 0) return 'no receiver';
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const { status } = await sendDelivery(`${random.pick(receivers)}/webhooks/genesys`, body, { secret: options.secret, signal });
    return String(status);
  } catch (error) {
    return (error as Error).name;
  }
}

async function record(events: readonly PlannedEvent[], acceptance: Acceptance): Promise<void> {
  const acceptedAt = Date.now();
  const lines = events.map((event) => JSON.stringify({ ...event, ...acceptance, acceptedAt } satisfies LedgerLine));
  await appendFile(options.ledgerFile, `${lines.join('\n')}\n`);
}

async function endConversation(conversationId: string): Promise<void> {
  const url = `${options.simulatorUrl}/simulator/conversations/${conversationId}/end`;
  const response = await fetch(url, { method: 'POST' });
  if (!response.ok) throw new Error(`the simulator did not end ${conversationId}: ${await response.text()}`);
}
