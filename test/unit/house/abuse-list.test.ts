import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** `abuse file` for each file that a line of the list names. */
function listed(): string[] {
  const rows = [...read('SECURITY.md').matchAll(/^\| `([a-z-]+)`: .*\| ([^|]+) \|$/gm)];
  return rows.flatMap(([, abuse, files = '']) => [...files.matchAll(/`(test\/[^`]+)`/g)].map(([, file]) => `${abuse} ${file}`));
}

/** `abuse file` for each `SECURITY.md: abuse, abuse` in a comment of a test. */
function tried(): string[] {
  const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return files.flatMap((file) => {
    const comments = read(join('test', file)).matchAll(/\/[/*]\*? SECURITY\.md: ([a-z, -]+?)(?: \*\/)?$/gm);
    const abuses = [...comments].flatMap(([, names = '']) => names.split(', '));
    return [...new Set(abuses)].map((abuse) => `${abuse} test/${file}`);
  });
}

test('each abuse of SECURITY.md is tried by the tests that its line names, and each that a test tries is in the list', () => {
  expect(listed().length).toBeGreaterThan(20);
  expect(tried().toSorted()).toEqual(listed().toSorted());
});
