import { describe, expect, it } from 'vitest';
import { CLIENT_SECRET, failureOf, useClient } from './client-fixture.ts';
import { CONVERSATION } from './stub-platform.ts';

const fixture = useClient();
const calls = () => fixture.log.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'Genesys call');

describe('the debug line of a call', () => {
  it('tells call, status, times and the correlation id, and nothing of what was sent', async () => {
    fixture.stub.replyToApi = () => ({ headers: { 'ININ-Correlation-Id': 'correlation-1' }, body: CONVERSATION });
    await fixture.client.getConversation('c-1');
    const times = { durationMs: expect.any(Number), waitedMs: expect.any(Number), resendCount: 0 };
    expect(calls()).toMatchObject([
      { call: 'token', conversationId: null, status: 200, ...times },
      { level: 20, call: 'get-conversation', conversationId: 'c-1', status: 200, ...times, correlationId: 'correlation-1' },
    ]);
    expect(fixture.log.join()).not.toMatch(new RegExp(`Bearer|Basic|${CLIENT_SECRET}`));
  });

  it('tells how a call without an answer failed', async () => {
    await fixture.client.obtainToken();
    fixture.stub.replyToApi = () => 'drop';
    await failureOf(fixture.client.patchAttributes('c-1', 'p-1', { tier: 'platinum' }, { version: null }));
    expect(calls().at(-1)).toMatchObject({ call: 'patch-attributes', status: 'connection', correlationId: null });
  });
});
