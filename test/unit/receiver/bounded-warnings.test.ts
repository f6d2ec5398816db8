import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createBoundedWarnings } from '../../../src/receiver/bounded-warnings.ts';
import { flatEvent, post, startReceiver } from './harness.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function startWarnings() {
  const lines: Record<string, unknown>[] = [];
  const warn = createBoundedWarnings(pino({ base: null, timestamp: false }, { write: (line) => lines.push(JSON.parse(line)) }));
  return {
    lines,
    flood: (kind: string, times: number) => Array.from({ length: times }, () => warn(kind, { code: kind }, 'refused')),
  };
}

test('a few lines are logged as they come, and nothing else', () => {
  const { lines, flood } = startWarnings();
  flood('a', 10);
  vi.advanceTimersByTime(10_000);
  expect(lines).toEqual(Array.from({ length: 10 }, () => ({ level: 40, code: 'a', msg: 'refused' })));
});

test('of a flood ten lines a second are logged, and the number of the others', () => {
  const { lines, flood } = startWarnings();
  flood('a', 1_000);
  expect(lines).toHaveLength(10);
  vi.advanceTimersByTime(1_000);
  expect(lines.slice(10)).toEqual([{ level: 40, kind: 'a', suppressed: 990, msg: 'refused: more of them than are logged' }]);
  flood('a', 1_000);
  vi.advanceTimersByTime(1_000);
  expect(lines).toHaveLength(22);
});

test('a flood of one kind hides no line of another', () => {
  const { lines, flood } = startWarnings();
  flood('a', 1_000);
  flood('b', 1);
  expect(lines.filter(({ code }) => code === 'b')).toHaveLength(1);
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
