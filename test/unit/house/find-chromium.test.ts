import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findChromium } from '../../../harness/find-chromium.ts';

test('finds the first Chromium on the PATH, under any of its names', () => {
  const [empty, full] = ['a', 'b'].map((name) => mkdtempSync(join(tmpdir(), `hookpatch-${name}-`))) as [string, string];
  onTestFinished(() => {
    for (const folder of [empty, full]) rmSync(folder, { recursive: true });
  });
  expect(findChromium([empty, full].join(delimiter))).toBeNull();
  expect(findChromium('')).toBeNull();
  const program = join(full, 'chromium-browser');
  writeFileSync(program, '');
  chmodSync(program, 0o755);
  expect(findChromium(['', empty, full].join(delimiter))).toBe(program);
});
