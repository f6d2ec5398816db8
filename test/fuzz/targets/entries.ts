import { ACTIONS, createActionMask } from '../../../src/actions/registry.ts';
import type { InboxEntry } from '../../../src/domain/inbox-entry.ts';
import { decodeEntry, encodeEntry } from '../../../src/inbox/entry-format.ts';
import { maskDeadLetter } from '../../../src/queue/mask-dead-letter.ts';
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
const TOKENS = ['"', '{', '}', '[', ']', ',', 'null', '1e999', '-1', '\\ud800', '\0', '"__proto__":{},', '['.repeat(300)];
const maskAction = createActionMask(ACTIONS);

/** What an inbox holds to an entry: it is none, or whole enough to be counted, shown and stored again. */
export const entries: FuzzTarget = {
  name: 'entries',
  share: 0.05,
  createTrial(random) {
    const seed = random.pick(SEEDS);
    const text = random.chance(0.7)
      ? damageJson(seed, random)
      : damageBytes(Buffer.from(encodeEntry(seed)), random, TOKENS).toString();
    return { holds: () => holds(text), show: () => text };
  },
};

function holds(text: string): boolean {
  const entry = decodeEntry(text);
  if (entry === null) return false;
  mustHold(Number.isSafeInteger(entry.attempts) && entry.attempts >= 0, 'attempts can be counted');
  for (const at of [entry.receivedAt, entry.unknownSince ?? 0]) mustHold(at >= 0 && at < Date.now() + 90_000_000, 'a time comes');
  mustHold(!Number.isNaN(Date.parse(entry.event.occurredAt)), 'an event has a time');
  const { work } = entry;
  if (work.kind !== 'look') mustHold((work.kind === 'rules' ? work.rules : work.actions).length > 0, 'there is something to do');
  for (const outcome of Object.values(entry.outcomes)) mustHold(outcome.detail.length >= 0, 'an outcome has a detail');
  mustHold(decodeEntry(encodeEntry(entry)) !== null, 'it is an entry when it is stored again');
  showDeadLetter(entry);
  return true;
}

/** @throws what the mask throws */
function showDeadLetter(entry: InboxEntry): void {
  const { traceparent, attempts, receivedAt } = entry;
  const letter = { entry, traceparent, attempts, receivedAt, raw: null, actionKey: 'r/0', deadLetteredAt: 0, sequence: 0 };
  JSON.stringify(maskDeadLetter({ ...letter, conversationId: 'c-1', outcome: OUTCOME }, maskAction));
}
