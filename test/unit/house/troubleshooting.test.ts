import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { REASONS } from '../../../src/domain/outcome.ts';
import { PROBLEM_CODES } from '../../../src/receiver/problem.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** The members of a union of string literals, as written in the source: types are gone when tests run. */
function unionMembers(path: string, type: string): string[] {
  const [, union = ''] = new RegExp(`type ${type} =([^;]+);`).exec(read(path)) ?? [];
  return [...union.matchAll(/'([^']+)'/g)].map(([, member = '']) => member);
}

describe('docs/troubleshooting.md', () => {
  const page = read('docs/troubleshooting.md');

  test.each([
    ['problem code', PROBLEM_CODES],
    ['reason of a refused signature', unionMembers('src/signature/verify-delivery.ts', 'RefusalCode')],
  ])('explains every %s', (_, members) => {
    expect(members.length).toBeGreaterThan(3);
    expect(members.filter((member) => !page.includes(`\`${member}\``))).toEqual([]);
  });

  test('explains every reason of an outcome', () => {
    expect(
      Object.values(REASONS)
        .flat()
        .filter((reason) => !page.includes(`\`${reason}\``)),
    ).toEqual([]);
  });
});
