import { ACTIONS, createActionMask } from '../../../src/actions/registry.ts';
import type { InboxEntry } from '../../../src/domain/inbox-entry.ts';
import { decodeEntry, encodeEntry } from '../../../src/inbox/entry-format.ts';
import { maskDeadLetter } from '../../../src/queue/mask-dead-letter.ts';
import type { Random } from '../../chaos/random.ts';
import { sampleEntry } from '../../sample-entry.ts';
import { damageBytes } from '../damage-bytes.ts';
import { damageJson } from '../damage-json.ts';
import { type FuzzTarget, mustHold } from '../target.ts';

const OUTCOME = {
  kind: 'applied',
  reason: 'written',
  detail: 'd',
  rule: 'r',
  action: 'setAttributes',
  participantId: 'p-1',
} as const;
const SEEDS: readonly InboxEntry[] = [
  sampleEntry('c-1', 'e-1', { attempts: 2, unknownSince: 1_763_640_000_000, outcomes: { 'r/0': OUTCOME } }),
  sampleEntry('c-1', 'e-2', {
    work: {
      kind: 'command',
      target: { purpose: 'agent' },
      actions: [
        { type: 'setAttributes', attributes: { tier: 'gold' } },
        { type: 'applyWrapup', code: 'w-1', notes: 'n', tags: ['t'], overwrite: false, validateCode: true },
        { type: 'transfer', queueId: 'q-1', transferType: 'Unattended' },
      ],
    },
  }),
];
/** Entries with the event as it was sent. */
const SENT_SEEDS: readonly string[] = [
  { attempts: 2, unknownSince: 1_763_640_000_000, outcomes: { 'r/0': OUTCOME }, key: 'k-1' },
  { replayed: true },
  null,
].map((rest) => {
  const header = `2 1763640000000 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 tag-trace,wrap-up`;
  const event = {
    topicName: 'v2.detail.events.conversation.c-1.acw',
    eventBody: { conversationId: 'c-1', eventTime: 1_763_640_000_000 },
  };
  return `${header}${rest === null ? '' : ` ${JSON.stringify(rest)}`}\n${JSON.stringify(event)}`;
});
const TOKENS = [
  '\n',
  ' ',
  '2 ',
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  'null',
  '1e999',
  '-1',
  '\\ud800',
  '\0',
  '"__proto__":{},',
  '['.repeat(300),
];
const maskAction = createActionMask(ACTIONS);

/** What an inbox holds to an entry: it is none, or whole enough to be counted, shown and stored again. */
export const entries: FuzzTarget = {
  name: 'entries',
  share: 0.05,
  createTrial(random) {
    const text = damagedText(random);
    return { holds: () => holds(text), show: () => text };
  },
};

function damagedText(random: Random): string {
  if (random.chance(0.5)) return damageBytes(Buffer.from(random.pick(SENT_SEEDS)), random, TOKENS).toString();
  const seed = random.pick(SEEDS);
  if (random.chance(0.7)) return damageJson(seed, random);
  return damageBytes(Buffer.from(encodeEntry(seed)), random, TOKENS).toString();
}

function holds(text: string): boolean {
  const entry = decodeEntry(text);
  if (entry === null) return false;
  mustHold(Number.isSafeInteger(entry.attempts) && entry.attempts >= 0, 'attempts can be counted');
  for (const at of [entry.receivedAt, entry.unknownSince ?? 0]) mustHold(at >= 0 && at < Date.now() + 90_000_000, 'a time comes');
  mustHold(!Number.isNaN(Date.parse(entry.event.occurredAt)), 'an event has a time');
  const { work } = entry;
  if (work.kind !== 'look') mustHold((work.kind === 'rules' ? work.rules : work.actions).length > 0, 'there is something to do');
  for (const outcome of Object.values(entry.outcomes)) mustHold(outcome.detail.length >= 0, 'an outcome has a detail');
  mustHold(sameEntry(entry, decodeEntry(encodeEntry(entry))), 'it is the same entry when it is stored again');
  showDeadLetter(entry);
  return true;
}

/** Compared by what the worker uses. */
function sameEntry(one: InboxEntry, other: InboxEntry | null): boolean {
  return (
    other !== null &&
    JSON.stringify([one.id, one.event, one.outcomes]) === JSON.stringify([other.id, other.event, other.outcomes])
  );
}

/** @throws what the mask throws */
function showDeadLetter(entry: InboxEntry): void {
  const { traceparent, attempts, receivedAt } = entry;
  const letter = { entry, traceparent, attempts, receivedAt, raw: null, actionKey: 'r/0', deadLetteredAt: 0, sequence: 0 };
  JSON.stringify(maskDeadLetter({ ...letter, conversationId: 'c-1', outcome: OUTCOME }, maskAction));
}
