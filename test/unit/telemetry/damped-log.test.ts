import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createDampedLog, type Damping, STRANGERS } from '../../../src/telemetry/damped-log.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function startDamped(damping: Damping = STRANGERS) {
  const lines: Record<string, unknown>[] = [];
  const log = createDampedLog((fields, message) => lines.push({ ...fields, message }), damping);
  return {
    lines,
    flood: (kind: string, times: number) => Array.from({ length: times }, () => log(kind, { code: kind }, 'refused')),
  };
}

test('a few lines are logged as they come, and nothing else', () => {
  const { lines, flood } = startDamped();
  flood('a', 10);
  vi.advanceTimersByTime(10_000);
  expect(lines).toEqual(Array.from({ length: 10 }, () => ({ code: 'a', message: 'refused' })));
});

test('of a flood ten lines a second are logged, and the number of the others', () => {
  const { lines, flood } = startDamped();
  flood('a', 1_000);
  expect(lines).toHaveLength(10);
  vi.advanceTimersByTime(1_000);
  const summary = { kind: 'a', suppressed: 990, lastedMs: 0, message: 'refused: more of them than are logged' };
  expect(lines.slice(10)).toEqual([summary]);
  flood('a', 1_000);
  vi.advanceTimersByTime(1_000);
  expect(lines).toHaveLength(22);
});

test('a flood of one kind hides no line of another', () => {
  const { lines, flood } = startDamped();
  flood('a', 1_000);
  flood('b', 1);
  expect(lines.filter(({ code }) => code === 'b')).toHaveLength(1);
});

test('an episode ends when its kind has been absent for long enough, and says how long it lasted', () => {
  const { lines, flood } = startDamped({ lines: 1, quietMs: 1_000 });
  for (let second = 0; second < 5; second += 1) {
    flood('a', 1);
    vi.advanceTimersByTime(900);
  }
  expect(lines).toHaveLength(1);
  vi.advanceTimersByTime(1_000);
  expect(lines.slice(1)).toMatchObject([{ kind: 'a', suppressed: 4, lastedMs: 3_600 }]);
});

test('an episode without an end is logged once, and needs no timer', () => {
  const { lines, flood } = startDamped({ lines: 1, quietMs: Number.POSITIVE_INFINITY });
  flood('a', 100);
  expect(lines).toHaveLength(1);
  expect(vi.getTimerCount()).toBe(0);
});
