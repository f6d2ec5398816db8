import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readWithin } from '../../../src/inbox/read-within.ts';

async function read(sizes: readonly number[], bounds: { from?: number; end?: number; maxBytes?: number }) {
  const list = sizes.map((size) => Buffer.alloc(size));
  const asked: number[] = [];
  const range = async (start: number, end: number) => {
    asked.push(end - start);
    return list.slice(start, end);
  };
  const found = await readWithin(range, { from: 0, end: 200, maxBytes: 1000, ...bounds });
  return { found: found.map(({ length }) => length), asked };
}

it('reads a short list with one command, and a long one of small elements with two', async () => {
  expect(await read([1, 2, 3], {})).toEqual({ found: [1, 2, 3], asked: [12] });
  expect((await read(Array(200).fill(1), {})).asked).toEqual([12, 188]);
});

it('returns the elements in order, at least one, and no more than fit', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(sizes, fc.integer({ min: 1, max: 2000 }), async (list, maxBytes) => {
      const { found, asked } = await read(list, { maxBytes });
      expect(found).toEqual(list.slice(0, found.length));
      expect(found.length).toBeGreaterThan(0);
      const total = found.reduce((sum, size) => sum + size, 0);
      if (found.length > 1) expect(total).toBeLessThanOrEqual(maxBytes);
      if (found.length < list.length) expect(total + (list[found.length] ?? 0)).toBeGreaterThan(maxBytes);
      expect(asked.length).toBeLessThanOrEqual(list.length);
    }),
  );
});
