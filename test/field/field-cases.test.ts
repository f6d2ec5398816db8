import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { CallStep } from '../../simulator/call-step.ts';
import type { Behaviour } from '../../simulator/platform.ts';
import type { ConversationSeed, ParticipantSeed } from '../../simulator/seed-conversation.ts';
import type { WorkerBed } from '../integration/worker/with-worker.ts';
import { outcomesOf, withField, writesOn } from './field-bed.ts';

/** What people sent, as it is in `cases/`; details are replaced. */
interface FieldCase {
  readonly rules: readonly object[];
  readonly conversations: readonly (ConversationSeed & { readonly id: string })[];
  readonly behaviour?: Behaviour;
  /** Answers that Genesys gives once. */
  readonly faults?: readonly {
    readonly method: string;
    readonly status: number;
    readonly body: { readonly code: string; readonly message: string };
  }[];
  readonly deliveries: readonly { readonly body: unknown; readonly thenAdd?: readonly ParticipantSeed[] }[];
}

interface Expected {
  /** For each delivery what the receiver responds for its events. */
  readonly received?: readonly (readonly string[])[];
  /** For each accepted event what becomes of its actions. */
  readonly outcomes?: readonly (readonly string[])[];
  /** The event has to wait first; then this happens in the conversation. */
  readonly waitsFor?: CallStep;
  /** `kind participant`, the participant by the second group of its id. */
  readonly writes?: readonly string[];
  readonly detail?: RegExp;
}

const ATTRIBUTES = 'setAttributes applied (written)';
const WRAPUP = 'applyWrapup applied (written)';
const TRANSFER = 'transfer applied (written)';
const AGENT = '0003';
const CUSTOMER = '0001';

const EXPECTED: Readonly<Record<string, Expected>> = {
  'agent-requested-acw': {
    outcomes: [['applyWrapup skipped (no-after-call-work)'], [ATTRIBUTES]],
    writes: ['attributes 0004'],
  },
  'attributes-in-after-call-work': { outcomes: [[ATTRIBUTES]], writes: [`attributes ${CUSTOMER}`] },
  'chat-message-notification': { outcomes: [[ATTRIBUTES]], writes: [`attributes ${CUSTOMER}`] },
  'communication-level-acw': { outcomes: [[WRAPUP]], writes: [`wrapup ${AGENT}`] },
  'data-action-empty-optional-time': { outcomes: [[ATTRIBUTES]], writes: [`attributes ${CUSTOMER}`] },
  'escalate-with-target-answered-after-4s': {
    waitsFor: { step: 'connect-agent' },
    outcomes: [[ATTRIBUTES, TRANSFER]],
    writes: [`attributes ${AGENT}`, `wrapup ${AGENT}`, `transfer ${AGENT}`],
  },
  'eventbridge-presence': { received: [['ignored']] },
  'eventbridge-transcription': { outcomes: [[ATTRIBUTES]], writes: [`attributes ${CUSTOMER}`] },
  'recipe-escalate-while-ringing': {
    waitsFor: { step: 'stop-alerting' },
    outcomes: [[ATTRIBUTES, 'transfer skipped (participant-ended)']],
    writes: [`attributes ${AGENT}`],
  },
  'recipe-same-agent-twice': { outcomes: [[WRAPUP]], writes: [`wrapup ${AGENT}`] },
  'relay-batch-with-presence': {
    received: [['accepted', 'ignored']],
    outcomes: [[ATTRIBUTES]],
    writes: [`attributes ${CUSTOMER}`],
  },
  'requeue-same-queue': { outcomes: [[ATTRIBUTES, 'transfer unchanged (already-there)']], writes: [`attributes ${AGENT}`] },
  'same-code-on-a-later-leg': {
    outcomes: [[WRAPUP], [ATTRIBUTES]],
    writes: [`wrapup ${AGENT}`, `attributes ${CUSTOMER}`],
  },
  'transfer-during-consult': { outcomes: [[TRANSFER]], writes: [`transfer ${AGENT}`] },
  'transfer-failed-after-202': {
    outcomes: [['transfer dead-lettered (transfer-failed)']],
    detail: /Failed/,
    writes: [`transfer ${AGENT}`],
  },
  'transfer-parked-message': { outcomes: [[TRANSFER]], writes: [`transfer ${AGENT}`] },
  'transfer-to-monitoring-supervisor': { outcomes: [[TRANSFER]], writes: [`transfer ${AGENT}`] },
  'transfer-while-barged': { outcomes: [[TRANSFER]], writes: [`transfer ${AGENT}`] },
  'transfer-while-monitored': { outcomes: [[TRANSFER]], writes: [`transfer ${AGENT}`] },
  'video-topic-notification': { outcomes: [[ATTRIBUTES]], writes: [`attributes ${CUSTOMER}`] },
  'websocket-heartbeat': { received: [['ignored']] },
  'wrapup-403-not-authorized': {
    outcomes: [['applyWrapup dead-lettered (refused)']],
    detail: /Access to Conversation .* is forbidden/,
    writes: [],
  },
  'wrapup-on-unanswered-leg-holds-up-others': {
    outcomes: [['applyWrapup skipped (never-connected)'], [ATTRIBUTES]],
    writes: [`attributes ${CUSTOMER}`],
  },
  'wrapup-timeout-system-code': { outcomes: [[WRAPUP]], writes: [`wrapup ${AGENT}`] },
};

/** Pauses what is asked of Genesys for all: it is played alone. */
const ALONE = '429-time-only-in-the-body';

const folder = new URL('./cases/', import.meta.url);
const CASES = new Map(
  readdirSync(folder).map((file) => [
    file.replace('.json', ''),
    JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as FieldCase,
  ]),
);

test('every case that is kept is played', () => {
  expect([...CASES.keys()].toSorted()).toEqual([...Object.keys(EXPECTED), ALONE].toSorted());
});

test('each case gives what somebody who knows Genesys would expect', async () => {
  const names = Object.keys(EXPECTED);
  await withField(
    names.flatMap((name) => caseOf(name).rules),
    async (bed) => {
      const played = await Promise.all(names.map(async (name) => [name, await play(bed, name)] as const));
      expect(Object.fromEntries(played)).toEqual(Object.fromEntries(names.map((name) => [name, shown(EXPECTED[name] ?? {})])));
      const asked = bed.simulator.journal().map(({ conversationId }) => conversationId);
      expect(asked).not.toContain('0f1e1d00-0777-4000-8000-000000000008');
    },
  );
});

test('a 429 that says its seconds only in words is obeyed', async () => {
  const { rules } = caseOf(ALONE);
  await withField(rules, async (bed) => {
    const { body } = await start(bed, caseOf(ALONE))(0);
    await bed.processed(body.events[0]?.id ?? '');
    const [first, second] = bed.simulator.journal().filter(({ call }) => call === 'get-conversation');
    expect([first?.status, second?.status]).toEqual([429, 200]);
    // Longer than is waited where Genesys names no time.
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(6_000);
  });
});

function caseOf(name: string): FieldCase {
  const found = CASES.get(name);
  if (found === undefined) throw new Error(`there is no case ${name}`);
  return found;
}

/** What is compared: everything that is expected, in one form. */
function shown({ received, outcomes = [], writes = [] }: Expected) {
  return { received: received ?? outcomes.map(() => ['accepted']), outcomes, writes };
}

/** Puts the conversations there; returns how to send one of the deliveries. */
function start(bed: WorkerBed, { conversations, behaviour, faults = [], deliveries }: FieldCase) {
  for (const conversation of conversations) bed.simulator.createConversation(conversation, behaviour);
  const conversationId = conversations[0]?.id;
  for (const { method, status, body } of faults) {
    const call = method === 'GET' ? 'get-conversation' : 'patch-wrapup';
    bed.simulator.addFault({ call, status, code: body.code, message: body.message, ...(conversationId && { conversationId }) });
  }
  return async (index: number) => {
    const delivery = deliveries[index];
    const text = JSON.stringify(delivery?.body)
      .replaceAll('"$NOW_MS"', String(Date.now()))
      .replaceAll('$NOW_ISO', new Date().toISOString());
    return bed.deliver(text);
  };
}

async function play(bed: WorkerBed, name: string) {
  const fieldCase = caseOf(name);
  const { waitsFor, detail } = EXPECTED[name] ?? {};
  const conversationId = fieldCase.conversations[0]?.id ?? '';
  const deliver = start(bed, fieldCase);
  const received: (readonly string[])[] = [];
  const outcomes: (readonly string[])[] = [];
  for (const [index, { thenAdd = [] }] of fieldCase.deliveries.entries()) {
    const { status, body } = await deliver(index);
    expect([name, status]).toEqual([name, 202]);
    received.push(body.events.map((event) => event.status));
    for (const { id } of body.events.filter((event) => event.status === 'accepted')) {
      if (waitsFor !== undefined) {
        await bed.waiting(id);
        await bed.simulator.advance(conversationId, waitsFor);
      }
      const line = await bed.processed(id);
      outcomes.push(outcomesOf(line));
      if (detail !== undefined) expect(line.outcomes.at(-1)?.detail).toMatch(detail);
    }
    if (thenAdd.length > 0) bed.simulator.addParticipants(conversationId, thenAdd);
  }
  const writes = writesOn(bed, conversationId).map((write) => write.replace(/ \w+-(\w+)-.*/, ' $1'));
  return { received, outcomes, writes };
}
