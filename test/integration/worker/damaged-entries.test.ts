import { describe, expect, it } from 'vitest';
import { waitUntil } from '../../../harness/wait-until.ts';
import { QUEUES } from '../../../simulator/queue-directory.ts';
import type { InboxEntry } from '../../../src/domain/inbox-entry.ts';
import { encodeEntry } from '../../../src/inbox/entry-format.ts';
import { entryFor, withWorker } from './with-worker.ts';

const RULES = `
rules:
  - name: tag
    when: { topic: "**" }
    target: { purpose: customer }
    actions: [{ setAttributes: { last: "\${event.id}" } }]
`;

type Damage = (entry: InboxEntry) => string | Buffer;

const DEEP = '['.repeat(100_000) + ']'.repeat(100_000);
const IN_300_YEARS = Date.now() + 300 * 365 * 86_400_000;

/** The entry with these fields in place of its own, whatever their type. */
const withFields = (fields: Readonly<Record<string, unknown>>) => (entry: InboxEntry) => JSON.stringify({ ...entry, ...fields });
const withEvent = (fields: Readonly<Record<string, unknown>>) => (entry: InboxEntry) =>
  JSON.stringify({ ...entry, event: { ...entry.event, ...fields } });
const withOutcome = (outcome: unknown) => withFields({ outcomes: { x: outcome } });
/** As text: in an object literal it would set the prototype. */
const withPrototypeKey: Damage = (entry) => encodeEntry(entry).replace('"outcomes":{}', '"outcomes":{"__proto__":null}');
const withActions = (actions: unknown, purpose = 'customer') =>
  withFields({ work: { kind: 'command', target: { purpose }, actions } });
const withTarget = (target: unknown) =>
  withFields({ work: { kind: 'command', target, actions: [{ type: 'setAttributes', attributes: { a: 'b' } }] } });

const OUTCOME = { kind: 'applied', reason: 'written', detail: 'd', rule: 'tag', action: 'setAttributes', participantId: null };

const SENT_HEADER = '2 1763640000000 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 tag';
const SENT = '{"topicName":"v2.x.conversations.y","conversationId":"c-1"}';

/** No entry of any release. */
const UNREADABLE: readonly (readonly [string, Damage])[] = [
  ['nothing', () => ''],
  ['noise', () => Buffer.from([0, 255, 254, 27, 10])],
  ['bytes that are no UTF-8 in an entry', (entry) => Buffer.concat([Buffer.from(encodeEntry(entry)), Buffer.from([0xff])])],
  ['half an entry', (entry) => encodeEntry(entry).slice(0, 200)],
  ['null', () => 'null'],
  ['a list', () => '[]'],
  ['another version', withFields({ version: 2 })],
  ['no event', withFields({ event: null })],
  ['an event without fields', withFields({ event: {} })],
  ['a time that is none', withEvent({ occurredAt: 'yesterday' })],
  ['a body that is a list', withEvent({ body: [] })],
  ['a body that is too deep', (entry) => encodeEntry(entry).replace('"body":{}', `"body":{"deep":${DEEP}}`)],
  ['a number for an address', withEvent({ address: 5 })],
  ['no work', withFields({ work: null })],
  ['work of another kind', withFields({ work: { kind: 'other' } })],
  ['rules that are no list', withFields({ work: { kind: 'rules', rules: { 0: 'tag' } } })],
  ['a rule that is null', withFields({ work: { kind: 'rules', rules: [null] } })],
  ['no rule', withFields({ work: { kind: 'rules', rules: [] } })],
  ['an action that is null', withActions([null])],
  ['an action that is a text', withActions(['setAttributes'])],
  ['an action without a type', withActions([{}])],
  ['actions that are an object', withActions({})],
  ['no action', withActions([])],
  ['a target that is a list', withTarget([])],
  ['a number in a target', withTarget({ purpose: 5 })],
  ['an outcome that is null', withOutcome(null)],
  ['an outcome of a key that is the name of a prototype', withPrototypeKey],
  ['an outcome that is a list', withOutcome([])],
  ['an outcome without a reason', withOutcome({ ...OUTCOME, reason: null })],
  ['an outcome with an action that is an object', withOutcome({ ...OUTCOME, action: {} })],
  ['an outcome with a response that is null', withOutcome({ ...OUTCOME, genesys: null })],
  ['outcomes that are null', withFields({ outcomes: null })],
  ['outcomes that are a list', withFields({ outcomes: [] })],
  ['attempts below 0', withFields({ attempts: -1_000_000 })],
  ['attempts that are a text', withFields({ attempts: '1' })],
  ['a time of receipt that is none', withFields({ receivedAt: 1e300 })],
  ['a time of receipt in the future', withFields({ receivedAt: IN_300_YEARS })],
  [
    'a rule that has been unknown since a time in the future',
    withFields({ unknownSince: IN_300_YEARS, work: { kind: 'rules', rules: ['x'] } }),
  ],
  ['a trace that is a number', withFields({ traceparent: 7 })],
  ['a header without a delivery', () => SENT_HEADER],
  ['half a delivery behind a header', () => `${SENT_HEADER}\n{"topicName":"v2.detail.events.conv`],
  ['a header with an outcome that is null', () => `${SENT_HEADER} {"outcomes":{"x":null}}\n${SENT}`],
];

/** Entries as far as the inbox can tell. */
const READABLE: readonly (readonly [string, Damage])[] = [
  ['attributes that are null', withActions([{ type: 'setAttributes', attributes: null }])],
  ['attributes that are not there', withActions([{ type: 'setAttributes' }])],
  ['a wrap-up code that is an object', withActions([{ type: 'applyWrapup', code: {}, validateCode: true }], 'agent')],
  ['a transfer to nowhere', withActions([{ type: 'transfer', queueId: {} }], 'agent')],
  ['an action of no kind', withActions([{ type: '__proto__' }])],
  ['an unknown rule', withFields({ work: { kind: 'rules', rules: ['__proto__'] } })],
];

// SECURITY.md: damaged-entry
describe('a damaged entry', () => {
  it('ends as a dead letter, whatever its shape, and what is behind it is done', async () => {
    await withWorker({ rules: RULES, attempts: 2, ruleUnknownGraceSeconds: 0, concurrency: 50 }, async (bed) => {
      const cases = await Promise.all(
        [...UNREADABLE, ...READABLE].map(async ([name, damage]) => {
          const participants = [{ purpose: 'customer' }, { purpose: 'agent', userId: 'u-1', queueId: QUEUES.support.id }];
          const { id } = bed.simulator.createConversation({ participants });
          const [damaged, honest] = [entryFor({ conversationId: id }, ['tag']), entryFor({ conversationId: id }, ['tag'])];
          await bed.store(id, damage(damaged), encodeEntry(honest));
          return { name, id, honest };
        }),
      );
      const ended = await Promise.all(
        cases.map(async ({ name, id, honest }) => ({ name, id, outcomes: (await bed.processed(honest.id)).outcomes })),
      );
      for (const { name, outcomes } of ended) expect({ name, outcomes }).toMatchObject({ outcomes: [{ reason: 'written' }] });
      expect(bed.lines('processing a conversation failed; trying it again')).toEqual([]);
      const letters = await waitUntil(async () => {
        const parked = await bed.deadLetters();
        return parked.length >= cases.length && parked;
      });
      const reasonsOf = (id: string) =>
        letters.filter(({ letter }) => letter.conversationId === id).map(({ letter }) => letter.outcome.reason);
      const reasons = Object.fromEntries(ended.map(({ name, id }) => [name, reasonsOf(id)]));
      expect(reasons).toEqual({
        ...Object.fromEntries(UNREADABLE.map(([name]) => [name, ['entry-unreadable']])),
        'attributes that are null': ['internal-error'],
        'attributes that are not there': ['internal-error'],
        'a wrap-up code that is an object': ['internal-error'],
        'a transfer to nowhere': ['refused'],
        'an action of no kind': ['entry-unreadable'],
        'an unknown rule': ['rule-unknown'],
      });
      for (const { name, id } of cases) expect({ name, left: await bed.entriesLeft(id) }).toEqual({ name, left: 0 });
    });
  });
});
