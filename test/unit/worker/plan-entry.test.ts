import { describe, expect, it } from 'vitest';
import { ACTIONS, openActions } from '../../../src/actions/registry.ts';
import type { InboxEntry } from '../../../src/domain/inbox-entry.ts';
import type { Rule } from '../../../src/rules/rule-set.ts';
import { planEntry } from '../../../src/worker/plan-entry.ts';
import { sampleEntry, sampleEvent } from '../../sample-entry.ts';

const NOW = Date.parse('2026-11-20T12:00:00.000Z');
const rule: Rule = {
  name: 'tag',
  maxAgeMs: 60_000,
  isShadow: false,
  judgeOnlyIf: null,
  actions: [{ type: 'setAttributes', render: () => ({ type: 'setAttributes', attributes: {} }) }],
  renderTarget: () => null,
};

function entryOf(fields: Partial<InboxEntry> = {}, ageMs = 0): InboxEntry {
  const occurredAt = new Date(NOW - ageMs).toISOString();
  return sampleEntry('c', 'e', {
    event: sampleEvent({ occurredAt }),
    work: { kind: 'rules', rules: ['tag'] },
    receivedAt: NOW,
    ...fields,
  });
}

const resources = { redis: null as never, prefix: 'p', retrySeconds: 1, ownWrites: null as never, now: () => NOW };
const actions = openActions({ ...ACTIONS, transfer: { ...ACTIONS.transfer, open: () => null as never } }, resources);

async function reasonsOf(entry: InboxEntry, { rules = [rule], own = false } = {}): Promise<readonly string[]> {
  const known = { find: (name: string) => rules.find((each) => each.name === name) ?? null, namesFor: () => [] };
  const ownWrites = {
    recent: async () => new Map(),
    isOwn: async () => own,
    remember: async () => ({ stored: Promise.resolve() }),
  };
  const progress = await planEntry({ raw: '', entry }, entry, {
    rules: known,
    actions,
    ownWrites,
    unknownGraceMs: 900_000,
    now: () => NOW,
  });
  if (progress.waitsForKnowledge) return [`waits since ${NOW - (progress.toEntry().unknownSince ?? 0)} ms`];
  return [...progress.todo.map(() => 'to do'), ...Object.values(progress.outcomes).map(({ reason }) => reason)];
}

describe('planEntry', () => {
  it('has work for an event that is as old as the rule allows, and none for an older one', async () => {
    expect(await reasonsOf(entryOf({}, 60_000))).toEqual(['to do']);
    expect(await reasonsOf(entryOf({}, 60_001))).toEqual(['too-old']);
  });

  it('never finds an event too old that a person retried', async () => {
    expect(await reasonsOf(entryOf({ replayed: true }, 60_001))).toEqual(['to do']);
  });

  it('waits for a worker that knows the rule, and is a dead letter when none did for so long', async () => {
    expect(await reasonsOf(entryOf(), { rules: [] })).toEqual(['waits since 0 ms']);
    expect(await reasonsOf(entryOf({ unknownSince: NOW - 899_999 }), { rules: [] })).toEqual(['waits since 899999 ms']);
    expect(await reasonsOf(entryOf({ unknownSince: NOW - 900_000 }), { rules: [] })).toEqual(['rule-unknown']);
    expect(await reasonsOf(entryOf({ unknownSince: NOW - 900_000 }))).toEqual(['to do']);
  });

  it('says when the event is an echo of our own write', async () => {
    expect(await reasonsOf(entryOf(), { own: true })).toEqual(['own-write']);
  });

  it('has an outcome without an action for what it does not know', async () => {
    expect(
      await reasonsOf(
        entryOf({ work: { kind: 'command', target: null, actions: [{ type: 'later' } as never] }, unknownSince: 0 }),
      ),
    ).toEqual(['entry-unreadable']);
  });

  it('does not do again what has its outcome', async () => {
    const done = {
      kind: 'applied',
      reason: 'written',
      detail: '',
      rule: 'tag',
      action: 'setAttributes',
      participantId: null,
    } as const;
    expect(await reasonsOf(entryOf({ outcomes: { 'tag/0': done } }))).toEqual(['written']);
  });
});
