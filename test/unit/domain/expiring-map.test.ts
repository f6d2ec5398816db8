import { expect, test } from 'vitest';
import { ExpiringMap } from '../../../src/domain/expiring-map.ts';

test('forgets an entry after its time, and no earlier', () => {
  const clock = { now: 0 };
  const map = new ExpiringMap<string, number>({ limit: 10, ttlMs: 100, now: () => clock.now });
  map.set('a', 1);
  clock.now = 99;
  expect(map.get('a')).toBe(1);
  clock.now = 100;
  expect(map.get('a')).toBeUndefined();
});

test('keeps so many, and the oldest makes room', () => {
  const map = new ExpiringMap<string, number>({ limit: 2 });
  map.set('a', 1);
  map.set('b', 2);
  map.set('a', 3); // the newest again
  map.set('c', 4);
  expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([3, undefined, 4]);
});
