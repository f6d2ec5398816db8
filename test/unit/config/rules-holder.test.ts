import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRulesHolder } from '../../../src/config/rules-holder.ts';
import { loadRules } from '../../read-rules.ts';

let folder: string;
let path: string;
let logged: [level: string, fields: Readonly<Record<string, unknown>>, message: string][];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hookpatch-'));
  path = join(folder, 'rules.yaml');
  logged = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const log = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string) => {
  logged.push([level, fields, message]);
};
const logger = { info: log('info'), warn: log('warn'), error: log('error') };

function write(...names: string[]): void {
  const rules = names.map((name) => `  - { name: ${name}, when: { topic: a }, actions: [{ setAttributes: { k: v } }] }`);
  writeFileSync(path, `rules:\n${rules.join('\n')}\n`);
}

function open() {
  const opened = createRulesHolder(path, { load: loadRules }, logger);
  if (!opened.ok) throw new Error(opened.faults.join('\n'));
  return opened.holder;
}

describe('createRulesHolder', () => {
  it('refuses a bad file at the start', () => {
    write('Not-Kebab');
    expect(createRulesHolder(path, { load: loadRules }, logger)).toEqual({
      ok: false,
      faults: [expect.stringContaining(`${path}:2:13: expected a name in kebab-case`)],
    });
  });

  it('replaces the rules when the file is good', () => {
    write('one');
    const holder = open();
    write('one', 'two');
    expect(holder.reload()).toBe(true);
    expect([...holder.current.rules.keys()]).toEqual(['one', 'two']);
    const changes = { added: ['two'], changed: [], removed: [] };
    expect(logged).toEqual([
      ['info', { file: path, rules: 2, digest: expect.stringMatching(/^[0-9a-f]{12}$/), ...changes }, 'rules reloaded'],
    ]);
  });

  it('keeps the old rules when the new file is bad, and says so', () => {
    write('one');
    const holder = open();
    const before = holder.current;
    write('one', 'one', 'Two');
    expect(holder.reload()).toBe(false);
    expect(holder.current).toBe(before);
    expect(logged.map(([level, , message]) => [level, message])).toEqual([
      ['error', 'rules file refused'],
      ['error', 'rules file refused'],
      ['error', 'the rules loaded before stay in force'],
    ]);
  });

  it('keeps the old rules when the file is gone', () => {
    write('one');
    const holder = open();
    rmSync(path);
    expect(holder.reload()).toBe(false);
    expect([...holder.current.rules.keys()]).toEqual(['one']);
  });
});
