import { describe, expect, it } from 'vitest';
import type { FaultSpec } from '../../../simulator/faults.ts';
import type { SimulatorOptions } from '../../../simulator/options.ts';
import { QUEUES, WRAPUP_CODES } from '../../../simulator/queue-directory.ts';
import type { ParticipantSeed } from '../../../simulator/seed-conversation.ts';
import type { Simulator } from '../../../simulator/start-simulator.ts';
import { ACTIONS } from '../../../src/actions/registry.ts';
import type { ActionType } from '../../../src/domain/action.ts';
import { callsOf, entryFor, type ProcessedLine, withWorker } from './with-worker.ts';

/** Every row of the outcome table (docs/decisions/0008): what Genesys returns, and what comes of it. */
interface Row {
  readonly says: string;
  readonly faults: readonly FaultSpec[];
  readonly simulator?: SimulatorOptions;
  readonly attempts?: number;
  readonly receivedAgoMs?: number;
  readonly outcome: string;
  readonly reason: string;
  readonly detail?: RegExp;
  /** Requests after the token for `setAttributes`, in order; left out where timing decides how many there are. */
  readonly calls?: readonly string[];
  /** How it ends for an action that happens at most once, where that differs. */
  readonly once?: { readonly outcome: string; readonly reason: string; readonly attemptsUsed?: number };
  readonly attemptsUsed?: number;
}

/** In the rows this stands for the call with which the kind writes. */
const WRITE = 'patch-attributes';

/** What a kind needs to run through the table. */
interface Sample {
  readonly action: string;
  readonly target: string;
  readonly call: FaultSpec['call'];
  readonly participants: readonly ParticipantSeed[];
  readonly isOnce: boolean;
  isDone(conversation: SimulatedConversation): boolean;
}

type SimulatedConversation = NonNullable<ReturnType<Simulator['conversation']>>;

const CUSTOMER: ParticipantSeed = { id: 'p-customer', purpose: 'customer' };
const AGENT: ParticipantSeed = { id: 'p-agent', purpose: 'agent', userId: 'u-1', queueId: QUEUES.support.id };

/** An agent whose call is over; while it goes on a code is only provisional. */
const WRAPPING_UP: ParticipantSeed = {
  ...AGENT,
  endTime: '2026-01-01T00:01:00.000Z',
  calls: [{ state: 'disconnected', afterCallWork: { state: 'pending' } }],
};

/** A new kind of action does not compile here without a sample. */
const SAMPLES: Readonly<Record<ActionType, Sample>> = {
  setAttributes: {
    action: '{ setAttributes: { tier: platinum } }',
    target: 'customer',
    call: 'patch-attributes',
    participants: [CUSTOMER],
    isOnce: false,
    isDone: ({ participants }) => participants[0]?.attributes.tier === 'platinum',
  },
  applyWrapup: {
    action: `{ applyWrapup: { code: ${WRAPUP_CODES.resolved.id}, validateCode: false } }`,
    target: 'agent',
    call: 'patch-wrapup',
    participants: [CUSTOMER, WRAPPING_UP],
    isOnce: false,
    isDone: ({ participants }) => participants[1]?.wrapup?.code === WRAPUP_CODES.resolved.id,
  },
  transfer: {
    action: `{ transfer: { queueId: ${QUEUES.escalations.id} } }`,
    target: 'agent',
    call: 'replace-participant',
    participants: [CUSTOMER, AGENT],
    isOnce: true,
    isDone: ({ participants }) => participants.at(-1)?.queueId === QUEUES.escalations.id,
  },
};

function rulesOf({ action, target }: Sample): string {
  return `
rules:
  - name: tag
    when: { topic: "**" }
    target: { purpose: ${target} }
    actions: [${action}]
`;
}

const RULES = rulesOf(SAMPLES.setAttributes);

const GET = 'get-conversation 200';
const PATCH = `${WRITE} 202`;
const applied = { outcome: 'applied', reason: 'written' } as const;
const now = { writeVisibilityMs: 0 };

const ROWS: readonly Row[] = [
  {
    says: '401: the token is refreshed once and the call repeated',
    faults: [{ call: 'get-conversation', status: 401 }],
    ...applied,
    calls: ['get-conversation 401', GET, PATCH, GET],
    attemptsUsed: 0,
  },
  {
    says: '401 again: job backoff',
    faults: [{ call: WRITE, status: 401, times: 2 }],
    ...applied,
    calls: [GET, `${WRITE} 401`, `${WRITE} 401`, GET, PATCH, GET],
    attemptsUsed: 1,
  },
  {
    says: '403: dead letter that names the permission',
    faults: [{ call: 'get-conversation', status: 403, code: 'missing.permissions', message: 'no' }],
    outcome: 'dead-lettered',
    reason: 'permission-missing',
    detail: /conversation:communication:view/,
    calls: ['get-conversation 403'],
  },
  {
    says: '404 conversation: not visible yet, retried until it is; costs no attempt',
    faults: [{ call: 'get-conversation', status: 404, code: 'conversation.not.found', times: 3 }],
    ...applied,
    attemptsUsed: 0,
  },
  {
    says: '404 conversation more than 30 s after the event: dead letter',
    faults: [{ call: 'get-conversation', status: 404, code: 'conversation.not.found', times: 99 }],
    receivedAgoMs: 30_000,
    outcome: 'dead-lettered',
    reason: 'conversation-not-found',
    calls: ['get-conversation 404'],
  },
  {
    says: '404 participant: refreshed and resolved again once',
    faults: [{ call: WRITE, status: 404, code: 'not.found' }],
    ...applied,
    calls: [GET, `${WRITE} 404`, GET, PATCH, GET],
    attemptsUsed: 0,
  },
  {
    says: '404 participant again: dead letter',
    faults: [{ call: WRITE, status: 404, code: 'not.found', times: 2 }],
    outcome: 'dead-lettered',
    reason: 'participant-not-found',
    calls: [GET, `${WRITE} 404`, GET, `${WRITE} 404`],
  },
  {
    says: '412: refresh, plan again, repeat once at once',
    faults: [{ call: WRITE, status: 412 }],
    ...applied,
    calls: [GET, `${WRITE} 412`, GET, PATCH, GET],
    attemptsUsed: 0,
  },
  {
    says: '409: the same',
    faults: [{ call: WRITE, status: 409 }],
    ...applied,
    calls: [GET, `${WRITE} 409`, GET, PATCH, GET],
    attemptsUsed: 0,
  },
  {
    says: '412 twice and the conversation is open: job backoff',
    faults: [{ call: WRITE, status: 412, times: 2 }],
    ...applied,
    calls: [GET, `${WRITE} 412`, GET, `${WRITE} 412`, GET, GET, PATCH, GET],
    attemptsUsed: 1,
  },
  {
    says: 'another writer between GET and PATCH, with versions: one repeat',
    simulator: { concurrency: 'etag', writeVisibilityMs: 0 },
    faults: [{ call: WRITE, conflict: true }],
    ...applied,
    calls: [GET, `${WRITE} 412`, GET, PATCH, GET],
    attemptsUsed: 0,
  },
  {
    says: 'other 4xx: dead letter at once, with code, message and correlation id',
    faults: [{ call: WRITE, status: 400, code: 'bad.request', message: 'not like this' }],
    outcome: 'dead-lettered',
    reason: 'refused',
    detail: /400 bad\.request: not like this/,
    calls: [GET, `${WRITE} 400`],
  },
  {
    says: '429 with Retry-After: 1: waited for, and costs no attempt',
    faults: [{ call: WRITE, status: 429, retryAfterSeconds: 1 }],
    ...applied,
    calls: [GET, `${WRITE} 429`, PATCH, GET],
    attemptsUsed: 0,
  },
  ...[408, 500, 502, 503, 504].map(
    (status): Row => ({
      says: `${status}: job backoff`,
      faults: [{ call: WRITE, status }],
      ...applied,
      calls: [GET, `${WRITE} ${status}`, GET, PATCH, GET],
      attemptsUsed: 1,
    }),
  ),
  {
    says: 'connection lost before the call was executed: job backoff',
    faults: [{ call: WRITE, dropConnection: 'before' }],
    ...applied,
    calls: [GET, `${WRITE} none`, GET, PATCH, GET],
    attemptsUsed: 1,
  },
  {
    says: 'connection lost after the call was executed: found done at the next try',
    faults: [{ call: WRITE, dropConnection: 'after' }],
    outcome: 'unchanged',
    reason: 'already-set',
    once: { ...applied, attemptsUsed: 0 },
    calls: [GET, `${WRITE} none`, GET],
    attemptsUsed: 1,
  },
  {
    says: 'no answer at all: time-out, job backoff',
    faults: [{ call: WRITE, hang: 'before' }],
    ...applied,
    calls: [GET, `${WRITE} none`, GET, PATCH, GET],
    attemptsUsed: 1,
  },
  {
    says: '500 for ever: dead letter when the attempts are used up',
    faults: [{ call: 'get-conversation', status: 500, times: 99 }],
    attempts: 3,
    outcome: 'dead-lettered',
    reason: 'attempts-exhausted',
    detail: /3 tries failed.*500/,
    calls: ['get-conversation 500', 'get-conversation 500', 'get-conversation 500'],
    attemptsUsed: 3,
  },
  {
    says: 'a write that is lost silently: patched once more',
    faults: [{ call: WRITE, lostWrite: true }],
    ...applied,
    once: { outcome: 'dead-lettered', reason: 'transfer-unconfirmed' },
    attemptsUsed: 0,
  },
  {
    says: 'a write that is lost twice: dead letter "not persisted"',
    faults: [{ call: WRITE, lostWrite: true, times: 2 }],
    outcome: 'dead-lettered',
    reason: 'not-persisted',
    once: { outcome: 'dead-lettered', reason: 'transfer-unconfirmed' },
  },
  {
    says: 'a write that becomes visible late: read back again, patched once',
    simulator: { writeVisibilityMs: 200 },
    faults: [],
    ...applied,
    attemptsUsed: 0,
  },
];

describe.each(Object.values(ACTIONS))('the outcome table, for $type', ({ type }) => {
  it.each(ROWS)('$says', async (row) => {
    const sample = SAMPLES[type];
    const options = { simulator: row.simulator ?? now, attempts: row.attempts ?? 4, genesys: { timeoutMs: 500 } };
    await withWorker({ ...options, rules: rulesOf(sample) }, async ({ simulator, receive, processed, deadLetters }) => {
      const { id } = simulator.createConversation({ participants: sample.participants });
      for (const fault of row.faults) simulator.addFault(fault.call === WRITE ? { ...fault, call: sample.call } : fault);
      const entry = entryFor({ conversationId: id }, ['tag'], { receivedAt: Date.now() - (row.receivedAgoMs ?? 0) });
      await receive(entry);
      const expected = sample.isOnce ? { ...row, ...row.once } : row;
      expectRow(await processed(entry.id), expected);
      if (row.calls !== undefined && type === 'setAttributes') {
        expect(callsOf(simulator)).toEqual(row.calls.map((call) => call.replace(WRITE, sample.call)));
      }
      const conversation = simulator.conversation(id);
      if (expected.outcome !== 'dead-lettered') expect(conversation != null && sample.isDone(conversation)).toBe(true);
      else expect((await deadLetters()).map(({ letter }) => letter.outcome.reason)).toEqual([expected.reason]);
    });
  });
});

describe('the outcome table', () => {
  it('dead-letters a second conflict when the conversation has closed meanwhile', async () => {
    await withWorker({ rules: RULES, simulator: { ...now, latencyMs: 30 } }, async ({ simulator, receive, processed }) => {
      const { id } = simulator.createConversation({ participants: [{ id: 'p-customer', purpose: 'customer' }] });
      simulator.addFault({ call: 'patch-attributes', status: 412 });
      simulator.addFault({ call: 'patch-attributes', status: 412, latencyMs: 150 });
      const entry = entryFor({ conversationId: id }, ['tag']);
      await receive(entry);
      await untilCalls(simulator, 4);
      await simulator.endConversation(id);
      const { outcomes } = await processed(entry.id);
      expect(outcomes).toMatchObject([
        { outcome: 'dead-lettered', reason: 'conflict', detail: 'closed or modified by another process' },
      ]);
    });
  });

  it.each([
    ['in 42 seconds', { retryAfterSeconds: 42 }, 42_000],
    ['at a date', { retryAfterSeconds: 42, retryAfterFormat: 'http-date' } as const, 42_000],
    ['in 6 hours', { retryAfterSeconds: 21_600 }, 21_600_000],
  ])(
    '429 %s: parks the job, holds no worker, costs no attempt and sends nothing meanwhile',
    async (_name, retryAfter, waitMs) => {
      await withWorker({ rules: RULES, simulator: now }, async ({ simulator, receive, lines, entriesLeft, waiting }) => {
        const { id } = simulator.createConversation({ participants: [{ id: 'p-customer', purpose: 'customer' }] });
        const other = simulator.createConversation({ participants: [{ id: 'p-customer', purpose: 'customer' }] });
        simulator.addFault({ call: 'get-conversation', status: 429, ...retryAfter });
        const entry = entryFor({ conversationId: id }, ['tag']);
        await receive(entry);
        const line = await waiting(entry.id);
        expect(line.attempts).toBe(0);
        expect(Date.parse(line.retryAt) - Date.now()).toBeGreaterThan(waitMs - 5_000);
        const second = entryFor({ conversationId: other.id }, ['tag']);
        await receive(second);
        await waiting(second.id);
        expect(callsOf(simulator)).toEqual(['get-conversation 429']);
        expect(await entriesLeft(id)).toBe(1);
        expect(lines('event processed')).toEqual([]);
      });
    },
  );
});

function expectRow(line: ProcessedLine, row: Row): void {
  expect(line.outcomes).toHaveLength(1);
  expect(line.outcomes[0]).toMatchObject({ outcome: row.outcome, reason: row.reason });
  expect(line.level).toBe(row.outcome === 'dead-lettered' ? 'warn' : 'info');
  if (row.detail !== undefined) expect(line.outcomes[0]?.detail).toMatch(row.detail);
  if (row.attemptsUsed !== undefined) expect(line.attempts).toBe(row.attemptsUsed);
}

async function untilCalls(simulator: Parameters<typeof callsOf>[0], count: number): Promise<void> {
  while (callsOf(simulator).length < count) await new Promise((resolve) => setTimeout(resolve, 5));
}
