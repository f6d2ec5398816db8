import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { flatEvent, post, startReceiver } from './harness.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test.each([
  ['without a signature', { 'x-genesys-signature': undefined }, 401],
  ['of another type', { 'content-type': 'text/plain' }, 415],
])('a flood of requests %s is answered one by one and logged in few lines', async (_name, headers, status) => {
  const { app, log } = startReceiver();
  for (let sent = 0; sent < 100; sent += 1) {
    expect((await post(app, '/webhooks/genesys', flatEvent(), headers)).statusCode).toBe(status);
  }
  expect(log).toHaveLength(10);
  vi.advanceTimersByTime(1_000);
  expect(log.slice(10)).toMatchObject([{ suppressed: 90 }]);
});
