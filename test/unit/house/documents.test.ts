import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseRules } from '../../read-rules.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const scripts = Object.keys(JSON.parse(read('package.json')).scripts);

const documents = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'src/README.md', 'simulator/README.md', 'test/chaos/README.md'],
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

const WIDEST_COLUMN = 120;

/** Lines of prose: all but tables and code, which cannot be wrapped. */
function proseLines(text: string): string[] {
  return text
    .replaceAll(/^ *```.*?^ *```$/gms, '')
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('|') && !line.startsWith('    '));
}

describe.each(documents)('%s', (path) => {
  const text = read(path);

  test(`has no line of prose over ${WIDEST_COLUMN} columns`, () => {
    expect(proseLines(text).filter((line) => line.length > WIDEST_COLUMN)).toEqual([]);
  });

  test('links only to files that exist', () => {
    const targets = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#]+)/g)].map(([, target = '']) => target);
    expect(targets.filter((target) => !existsSync(join(root, dirname(path), target)))).toEqual([]);
  });

  test('names only npm scripts that exist', () => {
    const named = [...text.matchAll(/npm run ([a-z][a-z:-]*)/g)].map(([, script = '']) => script);
    expect(named.filter((script) => !scripts.includes(script))).toEqual([]);
  });

  test('names only source files and folders that exist', () => {
    const named = [...text.matchAll(/`((?:src|simulator|harness|demo|scripts|test|docs)\/[\w./-]+)`/g)]
      .map(([, file = '']) => file)
      .filter((file) => !file.includes('your-'));
    expect(named.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });
});

test('the rules in the README load', () => {
  const blocks = [...read('README.md').matchAll(/```yaml\n(.*?)```/gs)].map(([, block = '']) => block);
  expect(blocks.length).toBeGreaterThan(0);
  for (const block of blocks) expect(parseRules(block, 'README.md', { warn: () => {} })).toMatchObject({ ok: true });
});
