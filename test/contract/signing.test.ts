import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findProgram } from '../../harness/find-program.ts';
import { flatEvent, listen, NOW_MS, SECRET, startReceiver } from '../unit/receiver/harness.ts';

const page = readFileSync(new URL('../../docs/signing.md', import.meta.url), 'utf8');

/** How each language of the page is run, and what it needs on the machine. */
const LANGUAGES: Readonly<Record<string, { readonly needs: readonly string[]; readonly run: readonly [string, ...string[]] }>> = {
  sh: { needs: ['sh', 'openssl', 'curl'], run: ['sh', '-euc'] },
  js: { needs: [], run: [process.execPath, '--input-type=module', '--eval'] },
  python: { needs: ['python3'], run: ['python3', '-c'] },
};

const examples = page.split(/^## /m).flatMap((section) =>
  [...section.matchAll(/^```(\w+)\n(.*?)^```/gms)].map(([, language = '', code = '']) => {
    const { needs = [], run = [''] } = LANGUAGES[language] ?? {};
    const missing = needs.filter((name) => findProgram([name]) === null);
    return { title: section.slice(0, section.indexOf('\n')), language, code, run, missing };
  }),
);
const runnable = examples.filter(({ missing }) => missing.length === 0);

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hookpatch-signing-'));
  // Bytes that a program which reads the body as text would change.
  await writeFile(join(folder, 'payload.json'), `${JSON.stringify(flatEvent({ note: 'Grüße "€"' }), null, 2)}\r\n`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('the page shows openssl, Node and Python', () => {
  expect(new Set(examples.map(({ language }) => language))).toEqual(new Set(Object.keys(LANGUAGES)));
  for (const { title, missing } of examples) {
    if (missing.length > 0) console.warn(`docs/signing.md, "${title}" was not run: ${missing.join(', ')} not found on the PATH`);
  }
  expect(runnable.map(({ language }) => language)).toContain('js');
});

it.each(runnable)('$title ($language): what it signs is accepted', async ({ title, code, run: [program, ...args] }) => {
  const isTimed = title === 'With a time';
  const { app, entries } = startReceiver({
    config: { signedContent: isTimed ? 'timestamp.body' : 'body' },
    webhook: { now: isTimed ? Date.now : () => NOW_MS },
  });
  const url = `http://127.0.0.1:${await listen(app)}/webhooks/genesys`;
  const env = { ...process.env, PAYLOAD: join(folder, 'payload.json'), URL: url, SECRET };
  const { stdout } = await promisify(execFile)(program, [...args, code], { env });
  expect(stdout.trim()).toBe('202');
  expect(entries).toHaveLength(1);
});
