/** `node demo/draw-traces.ts`: plays the ten calls and draws the trace of each into `docs/traces`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CHECKOUT } from '../harness/checkout.ts';
import { waitUntil } from '../harness/wait-until.ts';
import { placeTenCalls } from './calls/ten-calls.ts';
import { playCall } from './play-call.ts';
import { drawTrace } from './render/trace-picture.ts';
import { openStage, Teardown } from './stage.ts';

const FOLDER = join(CHECKOUT, 'docs', 'traces');
const teardown = new Teardown();
try {
  const stage = await openStage(teardown);
  await mkdir(FOLDER, { recursive: true });
  for (const [index, call] of placeTenCalls().entries()) {
    const { deliveries } = await playCall(stage, call);
    const traceIds = deliveries.flatMap(({ processed }) => processed?.traceId ?? []);
    const isComplete = (id: string) => stage.spans.spansOf(id).some(({ name }) => name === 'process conversations');
    await waitUntil(() => traceIds.every(isComplete), { what: 'the spans of the call' });
    await stage.spans.settled();
    // Events that were processed in one batch: all work is in the trace of the first.
    const traces = traceIds.map((id) => stage.spans.spansOf(id));
    const fullest = traces.toSorted((a, b) => b.length - a.length)[0] ?? [];
    const file = `call-${String(index + 1).padStart(2, '0')}.svg`;
    await writeFile(join(FOLDER, file), drawTrace(`Call ${index + 1}, ${call.media}: ${call.shows}`, fullest));
    console.log(`${file}  ${fullest.length} spans`);
  }
} finally {
  await teardown.run();
}
