import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..');
const security = readFileSync(join(root, 'SECURITY.md'), 'utf8');
/** What shows, against the running receiver, what SECURITY.md promises about strangers. */
const ABUSE_TESTS = ['test/e2e/hostile.test.ts', 'test/e2e/small-memory.test.ts', 'test/unit/receiver/abuse.test.ts'];

test('SECURITY.md names the tests of abuse, and every test that it names is there', () => {
  const named = [...security.matchAll(/`(test\/[\w/.-]+\.ts)`/g)].map(([, path = '']) => path);
  expect(ABUSE_TESTS.filter((path) => !named.includes(path))).toEqual([]);
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
