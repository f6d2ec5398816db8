import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LinkedSet } from '../../../src/domain/linked-set.ts';

it('has its members in the order in which they were added, whichever are removed and however often', () => {
  const steps = fc.array(fc.oneof(fc.constant(null), fc.nat(20)), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (removals) => {
      const set = new LinkedSet<number>();
      const model = new Set<number>();
      const removers: (() => void)[] = [];
      for (const removal of removals) {
        if (removal === null) {
          model.add(removers.length);
          removers.push(set.add(removers.length));
        } else {
          model.delete(removal);
          removers[removal]?.();
        }
        expect([...set]).toEqual([...model]);
        expect(set.size).toBe(model.size);
      }
    }),
  );
});

it('is gone through to its end although each member is removed when it is visited', () => {
  const set = new LinkedSet<string>();
  const removers = new Map(['a', 'b', 'c'].map((name) => [name, set.add(name)]));
  const visited: string[] = [];
  for (const name of set) {
    visited.push(name);
    removers.get(name)?.();
  }
  expect(visited).toEqual(['a', 'b', 'c']);
  expect(set.size).toBe(0);
});
