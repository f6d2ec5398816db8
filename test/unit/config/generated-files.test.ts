import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generateFiles } from '../../../scripts/generated-files.ts';

describe('generated files', () => {
  it.each(generateFiles().map(({ path, content }) => [path, content]))(
    '%s is up to date (fix: npm run generate)',
    (path, content) => {
      expect(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')).toBe(content);
    },
  );
});
