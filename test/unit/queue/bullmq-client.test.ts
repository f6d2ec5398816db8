import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { createBullmqClient, type Fetches } from '../../../src/queue/bullmq-client.ts';

vi.mock('node:timers/promises', async (original) => ({
  ...(await original<typeof import('node:timers/promises')>()),
  setTimeout: vi.fn(async () => undefined),
}));

beforeEach(() => void vi.mocked(delay).mockClear());
afterEach(() => void vi.restoreAllMocks());

/** A client that never connects; `fetch` is what Redis replies to BullMQ's `moveToActive`. */
function open(fetch: () => Promise<unknown>, wait = async (): Promise<unknown> => null) {
  const redis = new Redis({ lazyConnect: true });
  onTestFinished(() => redis.disconnect());
  Object.assign(redis, { 'moveToActive:6': fetch, 'addStandardJob:6': async () => 'added', bzpopmin: wait });
  const fetches: Fetches = { triedAt: 0, doneAt: null };
  return { fetches, client: createBullmqClient(redis, fetches) };
}

test('a fetch that Redis refuses is followed by a pause that doubles up to two seconds, until one succeeds', async () => {
  let refused = true;
  const { client, fetches } = open(async () => {
    if (refused) throw new Error('OOM command not allowed');
    return [];
  });
  for (let tries = 0; tries < 8; tries += 1) await expect(client.runCommand('moveToActive:6', [])).rejects.toThrow('OOM');
  expect(vi.mocked(delay).mock.calls.map(([pauseMs]) => pauseMs)).toEqual([50, 100, 200, 400, 800, 1_600, 2_000, 2_000]);
  expect(fetches.doneAt).toBeNull();
  refused = false;
  await client.runCommand('moveToActive:6', []);
  expect(fetches.doneAt).not.toBeNull();
  refused = true;
  await expect(client.runCommand('moveToActive:6', [])).rejects.toThrow();
  expect(vi.mocked(delay).mock.lastCall?.[0]).toBe(50);
});

test('other commands are passed on, and no fetch', async () => {
  const { client, fetches } = open(async () => []);
  expect(await client.runCommand('addStandardJob:6', [])).toBe('added');
  expect(fetches.triedAt).toBe(0);
});

test('the wait for the next job is sent behind what the turn sends for a job that was fetched', async () => {
  const sent: string[] = [];
  const { client, fetches } = open(
    async () => [],
    async () => sent.push('wait'),
  );
  const waiting = client.bzpopmin('marker', 1);
  for (let step = 0; step < 20; step += 1) await Promise.resolve();
  sent.push('of the job');
  await waiting;
  expect(sent).toEqual(['of the job', 'wait']);
  expect(fetches.doneAt).not.toBeNull();
});

test('INFO is replied to without a command', async () => {
  expect(await open(async () => []).client.info()).toContain('redis_version:6.2');
});
