import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..');
/** Where responses of the Platform API are seen. The receiver's own statuses are another matter. */
const ROOMS = 'src/{actions,genesys,source,story,worker}/**/*.ts';
const JUDGE = 'src/genesys/failure-class.ts';

/** A status beside a comparison with a number, or in a list of numbers. */
const COMPARES = [
  /\bstatus\b[^;\n]{0,20}?(?:===|!==|==|>=|<=|<|>)\s*\d/,
  /\d\s*(?:===|!==|>=|<=|<|>)\s*[\w.]*status\b/,
  /\[[\d, ]+\]\.includes\([^)]*status/,
];

function comparesStatus(source: string): boolean {
  return COMPARES.some((pattern) => pattern.test(source));
}

test('no file but one compares a status of Genesys', () => {
  const files = globSync(ROOMS, { cwd: root }).filter((file) => file !== JUDGE);
  expect(files.length).toBeGreaterThan(50);
  expect(files.filter((file) => comparesStatus(readFileSync(join(root, file), 'utf8')))).toEqual([]);
});

describe('the check itself', () => {
  test.each(['error.status === 409', '(error.status ?? 0) >= 500', '400 <= status', '[400, 413].includes(error.status ?? 0)'])(
    'finds %s',
    (source) => {
      expect(comparesStatus(source)).toBe(true);
    },
  );

  test.each(["status === 'accepted'", 'const status = 409;', 'reply.code(202)'])('lets %s pass', (source) => {
    expect(comparesStatus(source)).toBe(false);
  });
});
