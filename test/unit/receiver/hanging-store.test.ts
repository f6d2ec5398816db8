import { expect, onTestFinished, test, vi } from 'vitest';
import { flatEvent, post, startReceiver } from './harness.ts';

// In a file of its own: the deadlines of a process share one timer, which must not be running when the clock is replaced.
test('503 when the store hangs, and a late failure of it harms nobody', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const { promise: stored, reject } = Promise.withResolvers<never>();
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const accept = () => {
    ask();
    return stored;
  };
  const { app } = startReceiver({ intake: { store: { accept } } });
  const answering = post(app, '/webhooks/genesys', flatEvent());
  await asked;
  vi.advanceTimersByTime(1_999);
  const answer = await answering;
  expect([answer.statusCode, answer.json().code]).toEqual([503, 'store-unavailable']);
  reject(new Error('too late'));
});
