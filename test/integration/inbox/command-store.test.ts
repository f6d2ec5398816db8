import { describe, expect } from 'vitest';
import type { Outcome } from '../../../src/domain/outcome.ts';
import { createCommandStore } from '../../../src/inbox/command-store.ts';
import { createTraceMemory } from '../../../src/inbox/trace-memory.ts';
import { listKeys, test } from '../redis-scope.ts';

const applied: Outcome = {
  kind: 'applied',
  reason: 'written',
  detail: 'written and read back',
  rule: null,
  action: 'setAttributes',
  participantId: 'p-1',
};

describe('the command store', () => {
  test('is pending until finished, and unknown before it began', async ({ scope }) => {
    const store = createCommandStore({ redis: await scope.connect(), prefix: scope.prefix, ttlSeconds: 60 });
    expect(await store.get('c-1', 'k')).toBeNull();
    expect(await store.begin('c-1', 'k', 't-1')).toBe('t-1');
    expect(await store.get('c-1', 'k')).toEqual({ traceId: 't-1', outcomes: null });
    await store.finish('c-1', 'k', { '0': applied });
    expect(await store.get('c-1', 'k')).toEqual({ traceId: 't-1', outcomes: { '0': applied } });
    expect(await store.get('c-2', 'k')).toBeNull();
  });

  test('lets a name stand for the first command that claims it, and never for one whose id it is', async ({ scope }) => {
    const store = createCommandStore({ redis: await scope.connect(), prefix: scope.prefix, ttlSeconds: 60 });
    const claim = (id: string) => store.claimName('c-1', { name: 'k', idOfName: 'command/c-1/k', id });
    expect([await claim('one'), await claim('another'), await claim('one')]).toEqual([true, false, true]);
    expect([await store.named('c-1', 'k'), await store.named('c-2', 'k')]).toEqual(['one', null]);
    await store.begin('c-1', 'command/c-1/k', 't-1');
    expect(await claim('one')).toBe(false);
  });

  test('a repeated request gets the first trace id and keeps the outcomes', async ({ scope }) => {
    const store = createCommandStore({ redis: await scope.connect(), prefix: scope.prefix, ttlSeconds: 60 });
    await store.begin('c-1', 'k', 't-1');
    await store.finish('c-1', 'k', { '0': applied });
    expect(await store.begin('c-1', 'k', 't-2')).toBe('t-1');
    expect((await store.get('c-1', 'k'))?.outcomes).toEqual({ '0': applied });
  });

  test('does not tell the outcomes of the first time while a command is done again', async ({ scope }) => {
    const redis = await scope.connect();
    const store = createCommandStore({ redis, prefix: scope.prefix, ttlSeconds: 60 });
    await store.begin('c-1', 'k', 't-1');
    await store.finish('c-1', 'k', { '0': applied });
    const trace = (await listKeys(scope)).find((key) => key.includes('command-trace')) ?? '';
    expect(await redis.del(trace)).toBe(1); // as it goes after its time, before the outcomes
    expect(await store.begin('c-1', 'k', 't-2')).toBe('t-2');
    expect(await store.get('c-1', 'k')).toEqual({ traceId: 't-2', outcomes: null });
  });

  test('forgets', async ({ scope }) => {
    const redis = await scope.connect();
    const store = createCommandStore({ redis, prefix: scope.prefix, ttlSeconds: 60 });
    await store.begin('c-1', 'k', 't-1');
    const [key] = await listKeys(scope);
    const ttl = await redis.ttl(key ?? '');
    expect(ttl > 0 && ttl <= 60).toBe(true);
  });
});

describe('the trace memory', () => {
  test('tells everyone who asks at once the same first trace', async ({ scope }) => {
    const traces = createTraceMemory({ redis: await scope.connect(), prefix: scope.prefix });
    const answers = await Promise.all(['t-1', 't-2', 't-3'].map((trace) => traces.getOrSet('c-1', trace)));
    expect(new Set(answers)).toEqual(new Set(['t-1']));
    expect(await traces.getOrSet('c-2', 't-4')).toBe('t-4');
  });
});
