import { describe, expect, it } from 'vitest';
import type { ExecutedWrite, Write } from '../../simulator/journal.ts';
import { seedConversation } from '../../simulator/seed-conversation.ts';
import { type Balance, computeBalance } from './balance.ts';
import type { EventKind } from './plan-events.ts';
import { seedOf, TRANSFER_QUEUE } from './rules.ts';
import { countProvenByEvents, findUnproven } from './unproven.ts';

const ID = 'call-1';

interface Story {
  /** Kinds of the events that were sent, in order. */
  readonly sent: readonly EventKind[];
  readonly attributes?: Readonly<Record<string, string>>;
  readonly ended?: boolean;
  readonly writes?: readonly Write[];
  readonly deadLettered?: readonly string[];
}

function balanceOf({ sent, attributes = {}, ended = false, writes = [], deadLettered = [] }: Story): Balance {
  const ledger = sent.map((kind, index) => {
    const sequence = index + 1;
    return { id: eventId(sequence), conversationId: ID, sequence, kind, sentAt: 0, acceptedAt: 0, answers: ['202'] };
  });
  const seed = seedOf(ID);
  const participants = (seed.participants ?? []).map((each) => (each.purpose === 'customer' ? { ...each, attributes } : each));
  const conversation = seedConversation({ ...seed, participants, ...(ended && { endTime: new Date(0).toISOString() }) }, 0);
  const executed = writes.map(
    (write, index) => ({ conversationId: ID, sequence: index + 1, executed: true, write }) as ExecutedWrite,
  );
  return computeBalance({ ledger, conversations: [conversation], writes: executed, deadLettered: new Set(deadLettered) });
}

const eventId = (sequence: number) => `event-id-${sequence}`;
const tagged = (...sequences: number[]) =>
  Object.fromEntries(sequences.map((sequence) => [`event-${sequence}`, eventId(sequence)]));
const patch = (last: number, ...sequences: number[]): Write => ({
  kind: 'attributes',
  attributes: { ...tagged(...sequences), last: String(last) },
});
const TRANSFER: Write = { kind: 'transfer', destination: { queueId: TRANSFER_QUEUE }, transferType: 'Unattended' };

describe('the balance', () => {
  it('accounts for what took effect, changed nothing, and became a dead letter', () => {
    const attributes = { ...tagged(1), tier: 'platinum' };
    const balance = balanceOf({ sent: ['tag', 'same', 'same', 'refused'], attributes, deadLettered: [eventId(4)] });
    expect(balance).toMatchObject({ sent: 4, applied: 2, unchanged: 1, deadLettered: 1, unaccounted: [], violations: [] });
  });

  it.each(['tag', 'same', 'wrap-up', 'transfer', 'refused'] as const)('finds a %s event that was lost', (kind) => {
    const { unaccounted } = balanceOf({ sent: ['tag', kind, 'tag'], attributes: tagged(1, 3) });
    expect(unaccounted.map(({ id }) => id)).toEqual([eventId(2)]);
  });

  it('finds a lost transfer whose attributes are there', () => {
    expect(balanceOf({ sent: ['transfer'], attributes: tagged(1), writes: [patch(1, 1)] }).unaccounted).toHaveLength(1);
  });

  it('lets only the end of the call skip events, and only the last ones', () => {
    const story = { sent: ['tag', 'tag', 'tag'], attributes: tagged(2) } as const;
    expect(balanceOf({ ...story, ended: true })).toMatchObject({ applied: 1, skipped: 1 });
    expect(balanceOf({ ...story, ended: true }).unaccounted.map(({ id }) => id)).toEqual([eventId(1)]);
    expect(balanceOf(story).unaccounted).toHaveLength(2);
    // An event that would have been refused leaves no mark to tell its place by.
    expect(balanceOf({ sent: ['refused', 'tag'], attributes: tagged(2), ended: true })).toMatchObject({ applied: 1, skipped: 1 });
  });
});

describe('what was reported as applied', () => {
  const line = {
    id: eventId(1),
    conversationId: ID,
    sequence: 1,
    kind: 'tag',
    sentAt: 0,
    acceptedAt: 0,
    answers: ['202'],
  } as const;
  const processed = (reason: string) => {
    const outcomes = [{ outcome: 'applied', reason, action: 'setAttributes' }];
    return { process: 'worker-1', line: { msg: 'event processed', eventId: eventId(1), calls: [], outcomes } };
  };
  const written = (...sequences: number[]) =>
    [{ conversationId: ID, sequence: 1, executed: true, write: patch(1, ...sequences) }] as unknown as ExecutedWrite[];

  it('must be in the journal', () => {
    expect(findUnproven([processed('written')], [line], written(1))).toEqual([]);
    expect(findUnproven([processed('written')], [line], written(2))).toHaveLength(1);
    expect(findUnproven([processed('superseded')], [line], [])).toEqual([]);
    expect(countProvenByEvents([processed('written')])).toBe(1);
  });
});

describe('broken promises', () => {
  const whatOf = (story: Story) => balanceOf(story).violations.map(({ what }) => what);

  it('are none when a lost answer repeats a PATCH', () => {
    expect(whatOf({ sent: ['tag', 'tag'], writes: [patch(1, 1), patch(1, 1), patch(2, 2)] })).toEqual([]);
  });

  it('are a value that goes back, and an event that comes in after a later one', () => {
    expect(whatOf({ sent: ['tag', 'tag'], writes: [patch(2, 2), patch(1, 1)] })).toEqual([
      'journal record 2 sets "last" back from 2 to 1',
      'journal record 2 brings event 1 after event 2',
    ]);
  });

  it('are a second transfer, and one before its attributes', () => {
    const sent = ['transfer'] as const;
    expect(whatOf({ sent, writes: [patch(1, 1), TRANSFER] })).toEqual([]);
    expect(whatOf({ sent, writes: [patch(1, 1), TRANSFER, TRANSFER] })).toEqual(['transferred 2 times, asked for 1']);
    expect(whatOf({ sent, writes: [TRANSFER, patch(1, 1)] })).toEqual([
      'journal record 1 transfers before the attributes of event 1',
    ]);
  });
});
