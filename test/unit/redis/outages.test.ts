import { ReplyError } from 'ioredis';
import pino from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isOutage, isRedisFailure, outagesOf } from '../../../src/redis/outages.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function open() {
  const lines: Record<string, unknown>[] = [];
  const logger = pino({ base: null, timestamp: false }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  return { lines, logger, outages: outagesOf(logger) };
}

test('an outage is one line at its begin and one at its end, whatever fails and however often', async () => {
  const { lines, logger, outages } = open();
  let works = false;
  outages.checkWith(async () => works);
  for (let second = 0; second < 10; second += 1) {
    outages.failed(new Error('connect ECONNREFUSED'));
    outagesOf(logger).failed(new Error('Connection is closed.'));
    await vi.advanceTimersByTimeAsync(1_000);
  }
  await vi.advanceTimersByTimeAsync(10_000);
  expect(lines).toEqual([{ level: 40, reason: 'connect ECONNREFUSED', msg: 'Redis does not answer; reconnecting' }]);
  works = true;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(lines.slice(1)).toEqual([
    { level: 30, reason: 'Connection is closed.', lastedMs: 9_000, failures: 20, msg: 'Redis works again' },
  ]);
});

test('a refusal is named as one, and one that lasts is named again each minute', async () => {
  const { lines, outages } = open();
  for (let second = 0; second < 130; second += 1) {
    outages.failed(new ReplyError('OOM command not allowed'));
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(lines.map(({ msg }) => msg)).toEqual([
    'Redis refused a command',
    'Redis still does not work',
    'Redis still does not work',
  ]);
});

test('work that fails because of Redis is part of the outage, and any other error is not', () => {
  const { lines, logger } = open();
  expect(isOutage(new ReplyError('READONLY'), logger)).toBe(true);
  expect(isOutage(new Error('Connection is closed.'), logger)).toBe(true);
  expect(isOutage(new TypeError('a mistake'), logger)).toBe(false);
  expect(lines.map(({ msg }) => msg)).toEqual(['Redis refused a command']);
});

test('the next failure after an outage begins another one', async () => {
  const { lines, outages } = open();
  for (let round = 0; round < 2; round += 1) {
    outages.failed(new Error('gone'));
    await vi.advanceTimersByTimeAsync(10_000);
  }
  expect(lines.map(({ msg }) => msg)).toEqual([
    'Redis does not answer; reconnecting',
    'Redis works again',
    'Redis does not answer; reconnecting',
    'Redis works again',
  ]);
});

test.each([
  [new ReplyError('READONLY'), true],
  [Object.assign(new Error('x'), { code: 'ECONNRESET' }), true],
  [new Error('Connection is closed.'), true],
  [new Error('Missing lock for job 1'), false],
  ['text', false],
])('%s comes from Redis: %s', (error, expected) => {
  expect(isRedisFailure(error)).toBe(expected);
});
