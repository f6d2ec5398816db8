import { describe, expect, it } from 'vitest';
import { createSlot } from '../../../bench/model/create-pacer.ts';
import { createVirtualClock } from '../../../harness/virtual-clock.ts';
import type { NamedLimit } from '../../../src/genesys/error-body.ts';
import type { GenesysStage } from '../../../src/genesys/genesys-error.ts';
import { LimitJudge, type LimitScope } from '../../../src/genesys/pacing/limit-scope.ts';
import type { Slot } from '../../../src/genesys/pacing/slot.ts';

const clock = createVirtualClock();

function named(key: string): NamedLimit {
  return { key, namespace: 'platform.api', value: null };
}

/** A judge, and what it says of 429s and successes at moments of the virtual clock. */
function judging() {
  const judge = new LimitJudge(clock);
  return {
    refuse: (slot: Slot, stage: GenesysStage = 'get-conversation', limit: NamedLimit | null = null): LimitScope =>
      judge.judge({ slot, stage, limit, sentAtMs: clock.monotonicMs() }),
    succeed: (stage: GenesysStage) => judge.succeeded(stage, clock.monotonicMs()),
  };
}

const slotOf = (client = 'one') => createSlot(300, clock, client);

describe('a 429', () => {
  it.each([
    ['client.credentials.token.rate.per.minute', 'token'],
    ['token.rate.per.minute', 'token'],
    ['org.app.user.rate.per.minute', 'application'],
    ['organization.rate.per.minute', 'organization'],
    ['conversation.participant.attributes.rate', 'route'],
  ] as const)('that names %s is about the %s', (key, scope) => {
    expect(judging().refuse(slotOf(), 'get-conversation', named(key))).toBe(scope);
  });

  it('of the login host is about that call alone', () => {
    expect(judging().refuse(slotOf(), 'token')).toBe('route');
  });

  it('of a token that used up its own rate is about that token, however often', () => {
    const { refuse } = judging();
    const [first, second] = [slotOf(), slotOf()];
    for (const slot of [first, second]) for (let i = 0; i < 280; i++) slot.budget.take();
    expect([refuse(first), refuse(second), refuse(first)]).toEqual(['token', 'token', 'token']);
  });

  it('below the own rate is about what tokens of one client share when two of them meet it within seconds', async () => {
    const { refuse } = judging();
    expect(refuse(slotOf())).toBe('token');
    await clock.advance(3_000);
    expect(refuse(slotOf())).toBe('client');
    expect(refuse(slotOf())).toBe('client');
    expect(refuse(slotOf('two'))).toBe('token');
  });

  it('is about the organisation when tokens of several clients meet it', () => {
    const { refuse } = judging();
    expect(refuse(slotOf('one'))).toBe('token');
    expect(refuse(slotOf('two'))).toBe('organization');
    expect(refuse(slotOf('three'))).toBe('organization');
  });

  it('is about what others share when one token meets it again', async () => {
    const { refuse } = judging();
    const slot = slotOf();
    expect(refuse(slot)).toBe('token');
    await clock.advance(60_000);
    expect(refuse(slot)).toBe('client');
  });

  it('is an accident of one token when it is long ago', async () => {
    const { refuse } = judging();
    const slot = slotOf();
    expect(refuse(slot)).toBe('token');
    await clock.advance(121_000);
    expect(refuse(slot)).toBe('token');
  });

  it('is about one call when it meets three requests of that call while others pass', async () => {
    const { refuse, succeed } = judging();
    const slot = slotOf();
    expect(refuse(slot, 'get-queue')).toBe('token');
    for (const scope of ['token', 'route']) {
      await clock.advance(20_000);
      succeed('get-conversation');
      expect(refuse(slot, 'get-queue')).toBe(scope);
    }
    expect(refuse(slotOf('two'), 'get-queue')).toBe('route');
  });
});
