/**
 * `npm run demo [-- --keep]`: plays ten calls through the real service, on this machine alone, and shows what came of
 * them. Exits 0 only when the simulated Genesys Cloud holds everything that it must.
 */
import { parseArgs } from 'node:util';
import { placeTenCalls } from './calls/ten-calls.ts';
import { differences } from './check-call.ts';
import { invitation } from './invite.ts';
import { playNotifiedCall } from './notified-call.ts';
import { playCall } from './play-call.ts';
import type { PlayedCall } from './played-call.ts';
import { renderEvents, renderSummary } from './render/report.ts';
import { renderWaterfall } from './render/waterfall.ts';
import { openStage, type Stage, Teardown } from './stage.ts';

const teardown = new Teardown();

/** With `--keep` a signal is the way to end, so then the exit code stays what the calls have made it. */
function endOn(signal: NodeJS.Signals, exitCode: number): void {
  process.once(signal, () => void teardown.run().finally(() => process.exit(process.exitCode ?? exitCode)));
}

function heading(text: string): void {
  console.log(`\n${text}\n`);
}

/** The trace of the first call, which is the plain case. */
async function showTrace({ spans }: Stage, [first]: readonly PlayedCall[]): Promise<void> {
  const traceId = first?.deliveries[0]?.processed?.traceId;
  if (traceId === undefined) return;
  await spans.settled();
  heading(`The trace of call 1 (${traceId}), as Jaeger would show it:`);
  console.log(renderWaterfall(spans.spansOf(traceId)));
}

/** Whether everything is as expected. */
function showSummary({ simulator }: Stage, calls: readonly PlayedCall[]): boolean {
  const results = calls.map((played) => {
    const { id } = played.call.conversation;
    const requests = simulator.journal().filter(({ conversationId }) => conversationId === id);
    return {
      played,
      answers: requests.map(({ status }) => status),
      differences: differences(played, { conversation: simulator.conversation(id), requests }),
    };
  });
  heading('What Genesys Cloud holds in the end, against what it must:');
  console.log(renderSummary(results));
  const right = results.filter((result) => result.differences.length === 0).length;
  console.log(`\n${right} of ${results.length} calls as expected; ${simulator.journal().length} requests to Genesys.`);
  return right === results.length;
}

const USAGE = `npm run demo [-- --keep]   plays ten calls through the service, on this machine alone; --keep leaves all of it running`;

function readOptions() {
  const options = { keep: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } } as const;
  try {
    const { values } = parseArgs({ options });
    if (!values.help) return values;
    console.log(USAGE);
    process.exit(0);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(1);
  }
}

async function main(): Promise<void> {
  const values = readOptions();
  endOn('SIGINT', 130);
  endOn('SIGTERM', 143);
  try {
    const stage = await openStage(teardown);
    const calls = await Promise.all(placeTenCalls().map((call) => playCall(stage, call)));
    heading('Ten calls, and what was done for each event:');
    console.log(renderEvents(calls));
    await showTrace(stage, calls);
    const asExpected = showSummary(stage, calls);
    heading('One more call, which came in over the notification service, with nothing but the OAuth client:');
    process.exitCode = (await playNotifiedCall(stage)) && asExpected ? 0 : 1;
    if (!values.keep) return;
    console.log(`\n${invitation(stage)}`);
    await stage.service.exited;
  } catch (error) {
    console.error(`\nThe demo can't go on: ${(error as Error).message}`);
    process.exitCode = 1;
  } finally {
    await teardown.run();
  }
}

await main();
