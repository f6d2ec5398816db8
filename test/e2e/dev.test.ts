import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { CHECKOUT } from '../../harness/checkout.ts';
import { waitUntil } from '../../harness/wait-until.ts';

const rulesWith = (name: string) => `
rules:
  - name: ${name}
    when: { topic: "v2.detail.events.conversation.*.customer.start" }
    target: { purpose: customer }
    actions: [{ setAttributes: { tier: gold } }]
`;

it('npm run dev plays calls against your rules, and reads them again when they are saved', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hookpatch-dev-'));
  const rules = join(folder, 'my-rules.yaml');
  await writeFile(rules, rulesWith('first'));
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, REDIS_URL: inject('redisUrl') };
  const child = spawn(process.execPath, ['scripts/dev.ts', '--rules', rules], { cwd: CHECKOUT, env, stdio: 'pipe' });
  const exited = once(child, 'close');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  try {
    const shown = (pattern: RegExp) =>
      waitUntil(() => pattern.exec(output) ?? false, { what: String(pattern), timeoutMs: 30_000 });
    const [, simulator = ''] = await shown(/simulator {3}(http:\S+)/);
    const place = () =>
      fetch(`${simulator}/simulator/calls`, {
        method: 'POST',
        body: '{"kind":"in-progress"}',
        headers: { 'content-type': 'application/json' },
      });
    place().catch(() => undefined); // It lasts as long as the call; the end of the simulator breaks it off.
    await shown(/event processed .*"rule":"first"/);
    expect(output).toMatch(/"outcome":"applied","reason":"written"/);
    // As editors save: another file takes the name.
    await writeFile(`${rules}.new`, rulesWith('second'));
    await rename(`${rules}.new`, rules);
    await shown(/rules reloaded/);
    place().catch(() => undefined);
    await shown(/event processed .*"rule":"second"/);
    child.kill('SIGINT');
    expect(await exited).toEqual([0, null]);
  } finally {
    child.kill('SIGKILL');
    await rm(folder, { recursive: true });
  }
});
