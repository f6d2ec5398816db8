import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { REASONS } from '../../../src/domain/outcome.ts';
import { PROBLEM_CODES } from '../../../src/receiver/problem.ts';
import { findLogCalls } from './log-texts.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** The members of a union of string literals, as written in the source: types are gone when tests run. */
function unionMembers(path: string, type: string): string[] {
  const [, union = ''] = new RegExp(`type ${type} =([^;]+);`).exec(read(path)) ?? [];
  return [...union.matchAll(/'([^']+)'/g)].map(([, member = '']) => member);
}

/** The texts of calls that do not write their text out, by file and expression. */
const COMPOSED: Readonly<Record<string, readonly string[]>> = {
  'lifecycle/shutdown.ts: failure': ['uncaughtException', 'unhandledRejection'],
  'lifecycle/warn-unsafe-redis.ts: risk': [
    'Redis may evict events that were accepted',
    'a restart of Redis may lose events that were accepted',
  ],
  'redis/outages.ts: said': ['Redis refused a command', 'Redis does not answer; reconnecting'],
  'source/notification-source.ts: tooManyTopics(topics.length)': ['the others are left out'],
  'worker/start-worker.ts: failure': ['the sweeper did not start; trying again', 'no token from Genesys; trying again'],
};

describe('docs/troubleshooting.md', () => {
  const page = read('docs/troubleshooting.md');

  test.each([
    ['problem code', PROBLEM_CODES],
    ['reason of a refused signature', unionMembers('src/signature/verify-delivery.ts', 'RefusalCode')],
  ])('explains every %s', (_, members) => {
    expect(members.length).toBeGreaterThan(3);
    expect(members.filter((member) => !page.includes(`\`${member}\``))).toEqual([]);
  });

  test('explains every text that the service logs as a warning or an error', () => {
    const calls = findLogCalls(join(root, 'src'));
    const composed = calls.filter(({ isWrittenOut }) => !isWrittenOut).map(({ file, message }) => `${file}: ${message}`);
    expect(composed.toSorted()).toEqual(Object.keys(COMPOSED).toSorted());
    for (const [place, texts] of Object.entries(COMPOSED)) {
      const source = read(`src/${place.replace(/: .*/, '')}`);
      expect(texts.filter((text) => !source.includes(text))).toEqual([]);
    }
    const texts = [
      ...calls.flatMap(({ isWrittenOut, message }) => (isWrittenOut ? message : [])),
      ...Object.values(COMPOSED).flat(),
    ];
    expect(texts.length).toBeGreaterThan(50);
    expect(texts.filter((text) => !page.includes(`\`${text}\``))).toEqual([]);
  });

  test('explains every reason of an outcome', () => {
    expect(
      Object.values(REASONS)
        .flat()
        .filter((reason) => !page.includes(`\`${reason}\``)),
    ).toEqual([]);
  });
});
