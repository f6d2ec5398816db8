import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const src = join(import.meta.dirname, '..', '..', '..', 'src');
const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.startsWith('redis/'))
  .map((name) => ({ name, text: readFileSync(join(src, name), 'utf8') }));

const findIn = (pattern: RegExp) => files.filter(({ text }) => pattern.test(text)).map(({ name }) => name);

test('scripts are files that defineScript runs; nothing sends Lua as text or a MULTI', () => {
  expect(findIn(/\.(?:eval|evalsha|multi|defineCommand)\(|redis\.call\('[A-Z]+', KEYS/)).toEqual([]);
});

test('keys are named in src/redis/keys.ts', () => {
  expect(findIn(/\$\{(?:\w+\.)*prefix\}/i)).toEqual([]);
});

test('docs/redis.md lists every key', () => {
  const source = readFileSync(join(src, 'redis', 'keys.ts'), 'utf8');
  const names = [...source.matchAll(/\bkey\('([a-z-]+)'/g)].map(([, name = '']) => name);
  const page = readFileSync(join(src, '..', 'docs', 'redis.md'), 'utf8');
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name) => !page.includes(`\`:${name}`))).toEqual([]);
});
