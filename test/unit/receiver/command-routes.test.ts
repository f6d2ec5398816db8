import { describe, expect, test } from 'vitest';
import type { Command } from '../../../src/rules/parse-command.ts';
import { ADMIN_TOKEN, API_KEY, NOW_MS, post, signatureOf, startReceiver } from './harness.ts';

const URL = '/conversations/c-1/actions';
const command: Command = {
  target: { purpose: 'agent' },
  actions: [{ type: 'setAttributes', attributes: { escalated: 'true' } }],
};
const BY_API_KEY = { 'x-genesys-signature': undefined, 'x-api-key': API_KEY };
const parseCommand = () => ({ ok: true, command }) as const;

// SECURITY.md: recorded-command
describe('POST /conversations/{conversationId}/actions', () => {
  test('stores the command behind the events of its conversation, and answers its id and trace', async () => {
    const { app, entries } = startReceiver({ webhook: { parseCommand } });
    const answer = await post(app, URL, {}, { ...BY_API_KEY, 'idempotency-key': 'key-1' });
    expect(answer.statusCode).toBe(202);
    const { id, traceId } = answer.json();
    expect(id).toBe('key-1');
    expect(entries).toMatchObject([
      {
        id: 'command/c-1/key-1',
        event: {
          id: 'command/c-1/key-1',
          topic: 'hookpatch.command',
          conversationId: 'c-1',
          occurredAt: '2026-11-20T22:30:05.000Z',
        },
        work: { kind: 'command', ...command },
        receivedAt: NOW_MS,
        attempts: 0,
      },
    ]);
    expect(entries[0]?.event).toMatchObject({ participantId: null, address: null, body: {} });
    expect(entries[0]?.traceparent).toContain(traceId);
  });

  test('answers a repeat with the same id and the first trace, and does nothing', async () => {
    const { app, entries } = startReceiver();
    const answers = await Promise.all([1, 2].map(() => post(app, URL, {}, { 'idempotency-key': 'key-1' })));
    const [first, second] = answers.map((answer) => answer.json());
    expect(second).toEqual(first);
    expect(entries).toHaveLength(1);
  });

  test('takes a key that no signature covers for this content only, and so for none of another sender', async () => {
    const { app, entries } = startReceiver();
    const key = { 'idempotency-key': 'key-1' };
    const idOf = async (body: unknown, headers: Record<string, string | undefined>) =>
      (await post(app, URL, body, headers)).json().id;
    const ids = [await idOf({ a: 1 }, key), await idOf({ a: 2 }, key), await idOf({ a: 1 }, { ...key, ...BY_API_KEY })];
    expect(ids).toEqual(['key-1', expect.stringMatching(/^[0-9a-f]{64}$/), 'key-1']);
    expect(new Set(entries.map(({ id }) => id)).size).toBe(3);
    expect(await idOf({ a: 1 }, key)).toBe('key-1');
    expect(await idOf({ a: 2 }, key)).toBe(ids[1]);
    expect(entries).toHaveLength(3);
  });

  test('keeps equal keys of different conversations apart', async () => {
    const { app, entries } = startReceiver();
    for (const id of ['c-1', 'c-2']) await post(app, `/conversations/${id}/actions`, {}, { 'idempotency-key': 'key-1' });
    expect(entries.map(({ event }) => event.conversationId)).toEqual(['c-1', 'c-2']);
  });

  test('without a key takes a new id each time', async () => {
    const { app } = startReceiver();
    const ids = new Set([(await post(app, URL, {})).json().id, (await post(app, URL, {})).json().id]);
    expect(ids.size).toBe(2);
  });

  test('hands the conversation of the path to whoever checks the body', async () => {
    const asked: unknown[][] = [];
    const checked = (...args: unknown[]) => {
      asked.push(args);
      return { ok: true, command } as const;
    };
    await post(startReceiver({ webhook: { parseCommand: checked } }).app, URL, { a: 1 });
    expect(asked).toEqual([[{ a: 1 }, 'c-1']]);
  });

  test('400 with every fault of the command', async () => {
    const faults = ['actions: required', 'target.colour: unknown'];
    const { app, portCalls } = startReceiver({ webhook: { parseCommand: () => ({ ok: false, faults }) } });
    const answer = await post(app, URL, {});
    expect([answer.statusCode, answer.json()]).toMatchObject([400, { code: 'command-invalid', faults }]);
    expect(portCalls).toEqual(['parseCommand']);
  });

  test.each(['a%2e%2e%2fb', 'a%2fb', 'a%20b', 'x'.repeat(129)])('400 for the conversation %s', async (conversationId) => {
    const { app, portCalls } = startReceiver();
    const answer = await post(app, `/conversations/${conversationId}/actions`, {});
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'conversation-id-invalid']);
    expect(portCalls).toEqual([]);
  });

  test('401 without a signature or API key, whatever the body and the path are', async () => {
    const { app, portCalls } = startReceiver();
    for (const url of [URL, '/conversations/a%2fb/actions']) {
      const answer = await post(app, url, '{', { 'x-genesys-signature': undefined });
      expect(answer.statusCode).toBe(401);
    }
    expect(portCalls).toEqual([]);
    const accepted = await post(app, URL, {}, { 'x-genesys-signature': undefined, 'x-api-key': API_KEY });
    expect(accepted.statusCode).toBe(202);
  });

  test('415 for what is no JSON, 400 for JSON that is broken, 503 when it cannot be remembered or stored', async () => {
    expect((await post(startReceiver().app, URL, {}, { 'content-type': 'text/plain' })).statusCode).toBe(415);
    expect((await post(startReceiver().app, URL, '{')).json().code).toBe('not-json');
    const fails = async () => Promise.reject(new Error('down'));
    expect((await post(startReceiver({ commands: { begin: fails } }).app, URL, {})).statusCode).toBe(503);
    expect((await post(startReceiver({ intake: { store: { accept: fails } } }).app, URL, {})).statusCode).toBe(503);
  });
});

// SECURITY.md: signed-get
describe('GET /conversations/{conversationId}/actions/{id}', () => {
  const ask = (
    app: ReturnType<typeof startReceiver>['app'],
    id: string,
    headers: Record<string, string> = { 'x-api-key': API_KEY },
  ) => app.inject({ method: 'GET', url: `${URL}/${id}`, headers });

  test('pending, by the id that POST answered', async () => {
    const asked: string[][] = [];
    const get = async (...args: string[]) => {
      asked.push(args);
      return args[1] === entries[0]?.id ? { traceId: 'f'.repeat(32), outcomes: null } : null;
    };
    const { app, entries } = startReceiver({ commands: { get } });
    const key = 'order 7/ä?';
    const { id } = (await post(app, URL, {}, { 'idempotency-key': key.replace('ä', '') })).json();
    const answer = await ask(app, encodeURIComponent(id));
    expect([answer.statusCode, answer.json()]).toEqual([200, { id, status: 'pending' }]);
    expect(asked.at(-1)).toEqual(['c-1', entries[0]?.id]);
  });

  test('done, with the outcome of each action', async () => {
    const ended = {
      reason: 'conversation-ended',
      detail: 'It is over.',
      rule: null,
      action: 'transfer',
      participantId: null,
    } as const;
    const outcomes = { 'transfer/0': { kind: 'skipped', ...ended } } as const;
    const { app } = startReceiver({ commands: { get: async () => ({ traceId: 'f'.repeat(32), outcomes }) } });
    const expected = { id: 'key-1', status: 'done', outcomes: [{ outcome: 'skipped', ...ended }] };
    expect((await ask(app, 'key-1')).json()).toEqual(expected);
  });

  test('404 when it is not known, 503 when that cannot be told', async () => {
    const unknown = await ask(startReceiver().app, 'nobody');
    expect([unknown.statusCode, unknown.json().code]).toEqual([404, 'command-not-found']);
    const down = startReceiver({ commands: { get: () => Promise.reject(new Error('down')) } });
    expect((await ask(down.app, 'key-1')).statusCode).toBe(503);
  });

  test('401 without an API key or the admin token; a signature, which covers no path, is none', async () => {
    const { app, portCalls } = startReceiver();
    expect((await ask(app, 'key-1', {})).statusCode).toBe(401);
    expect((await ask(app, 'key-1', { 'x-genesys-signature': signatureOf('') })).statusCode).toBe(401);
    expect((await ask(app, 'key-1', { authorization: `Bearer ${ADMIN_TOKEN}x` })).statusCode).toBe(401);
    expect(portCalls).toEqual([]);
    expect((await ask(app, 'key-1', { authorization: `Bearer ${ADMIN_TOKEN}` })).statusCode).toBe(404);
    expect((await ask(app, 'key-1')).statusCode).toBe(404);
  });
});
