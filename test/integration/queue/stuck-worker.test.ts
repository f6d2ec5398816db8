import type { Redis } from 'ioredis';
import pino from 'pino';
import { expect } from 'vitest';
import { waitUntil } from '../../../harness/wait-until.ts';
import { runWorker } from '../../../src/queue/worker-lifecycle.ts';
import { sampleEntry } from '../../sample-entry.ts';
import { test } from '../redis-scope.ts';
import { openReceiving } from './conversation-scope.ts';

test('a worker that has stopped fetching is reported, and another takes its place', async ({ scope }) => {
  const { store } = await openReceiving(scope);
  const connection = (await scope.connect('worker')) as Redis;
  const duplicate = connection.duplicate.bind(connection);
  let copies = 0;
  connection.duplicate = (override) => {
    const copy = duplicate(override);
    copies += 1;
    // As a cluster leaves it after some failures: waiting never ends, and so does connecting again.
    const never = () => new Promise<never>(() => undefined);
    return copies === 1 ? Object.assign(copy, { bzpopmin: never, connect: never }) : copy;
  };
  const lines: Record<string, unknown>[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const seen: string[] = [];
  const worker = runWorker<{ conversationId: string }>({
    name: 'conversations',
    connection,
    prefix: scope.prefix,
    concurrency: 1,
    logger,
    process: async (job) => void seen.push(job.data.conversationId),
    settings: { drainDelay: 0.1 },
    stuckAfterMs: 1_500,
  });
  scope.defer(() => worker.close(100));
  await waitUntil(() => copies === 2, { what: 'another worker' });
  await store.accept([sampleEntry('c-1', 'a')]);
  await waitUntil(() => seen.length === 1, { what: 'the job' });
  expect(lines).toMatchObject([{ queue: 'conversations', msg: 'a worker has stopped fetching; another takes its place' }]);
});
