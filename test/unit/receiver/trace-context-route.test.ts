import { expect, test } from 'vitest';
import type { TraceContext } from '../../../src/domain/trace-context.ts';
import { API_KEY, flatEvent, post, startReceiver } from './harness.ts';

const URL = '/trace-context';

test('answers the trace of the conversation, the same one each time', async () => {
  const remembered = new Map<string, TraceContext>();
  const traceOf = async (conversationId: string, fresh: TraceContext) => {
    remembered.set(conversationId, remembered.get(conversationId) ?? fresh);
    return remembered.get(conversationId) ?? fresh;
  };
  const { app } = startReceiver({ webhook: { traceOf } });
  const ask = async (conversationId: string) => (await post(app, URL, { conversationId })).json();
  const first = await ask('c-1');
  expect(first).toEqual({
    traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
    traceparent: `00-${first.traceId}-${first.spanId}-00`,
    datadogTraceId: BigInt(`0x${first.traceId.slice(16)}`).toString(),
  });
  expect(await ask('c-1')).toEqual(first);
  expect((await ask('c-2')).traceId).not.toBe(first.traceId);
});

test.each([
  ['[]', 'not-an-object'],
  ['{}', 'conversation-id-missing'],
  ['{"conversationId":"../c-1"}', 'conversation-id-invalid'],
  ['{', 'not-json'],
])('400 for %s', async (body, code) => {
  const { app, portCalls } = startReceiver();
  const answer = await post(app, URL, body);
  expect([answer.statusCode, answer.json().code]).toEqual([400, code]);
  expect(portCalls).toEqual([]);
});

// SECURITY.md: recorded-at-trace-context
test('a signed body may hold nothing else, so that a recorded event or command is none; an API key covers any body', async () => {
  const { app, portCalls } = startReceiver();
  const recorded = flatEvent();
  const signed = await post(app, URL, recorded);
  expect([signed.statusCode, signed.json().code]).toEqual([400, 'members-unexpected']);
  expect(portCalls).toEqual([]);
  const byApiKey = { 'x-genesys-signature': undefined, 'x-api-key': API_KEY };
  expect((await post(app, URL, recorded, byApiKey)).statusCode).toBe(200);
});

test('401 without a signature, 503 without the store', async () => {
  const { app, portCalls } = startReceiver({ webhook: { traceOf: () => Promise.reject(new Error('down')) } });
  expect((await post(app, URL, { conversationId: 'c-1' }, { 'x-genesys-signature': undefined })).statusCode).toBe(401);
  expect(portCalls).toEqual([]);
  expect((await post(app, URL, { conversationId: 'c-1' })).statusCode).toBe(503);
});
