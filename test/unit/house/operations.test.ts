import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '..', '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

interface AlertFile {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string }[] }[];
}

describe('docs/operations.md', () => {
  test('says what every alert means, and has no other', () => {
    const { groups } = parse(read('deploy/prometheus/alerts.yaml')) as AlertFile;
    const alerts = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
    const headings = [...read('docs/operations.md').matchAll(/^### (Hookpatch\w+)$/gm)].map(([, name]) => name);
    expect(headings).toEqual(alerts);
  });
});
