/**
 * Places a call at the simulator every few seconds, of every kind in turn, so that `docker compose --profile demo up` has
 * something to show. Ends with the container.
 */
import { setTimeout as delay } from 'node:timers/promises';

const url = `${process.env.SIMULATOR_URL ?? 'http://127.0.0.1:8090'}/simulator/calls`;
const PAUSE_MS = 3_000;
const STEP_DELAY_MS = 500;

/** The last one carries the number that the demo's rules escalate. */
const CALLS = [
  { kind: 'answered' },
  { kind: 'wrapped-up' },
  { kind: 'abandoned', media: 'chat' },
  { kind: 'transferred' },
  { kind: 'in-progress', dialedAddress: 'tel:+13175550190' },
];

process.once('SIGTERM', () => process.exit(0));

for (let placed = 0; ; placed += 1) {
  const call = { ...CALLS[placed % CALLS.length], stepDelayMs: STEP_DELAY_MS };
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(call),
    });
    const { conversationId, message } = await answer.json();
    process.stdout.write(`${call.kind}: ${answer.ok ? `conversation ${conversationId}` : `${answer.status} ${message}`}\n`);
  } catch (error) {
    process.stdout.write(`${call.kind}: ${error.message}\n`);
  }
  await delay(PAUSE_MS);
}
