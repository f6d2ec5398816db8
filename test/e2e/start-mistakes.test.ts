import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { delimiter } from 'node:path';
import { expect, it } from 'vitest';
import { CHECKOUT } from '../../harness/checkout.ts';
import { findProgram } from '../../harness/find-program.ts';
import { ServiceEndedError } from '../../harness/service-process.ts';
import { withService } from './with-service.ts';

const RULES = 'rules: []\n';

async function onTakenPort(work: (port: number) => Promise<void> | void): Promise<void> {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  await work((other.address() as AddressInfo).port);
  other.close();
}

it.each(['PORT', 'ADMIN_PORT'])('%s in use is one plain line', async (variable) => {
  await withService({ rules: RULES }, async ({ start }) => {
    await onTakenPort(async (port) => {
      const ended = await start({ env: { [variable]: String(port), ADMIN_TOKEN: 'an-admin-token-of-a-person' } }).catch(
        (error: unknown) => error,
      );
      if (!(ended instanceof ServiceEndedError)) throw new Error('it started');
      expect(ended.exit.code).toBe(1);
      const plain = ended.output.split('\n').filter((line) => !line.startsWith('{'));
      expect(plain).toEqual([
        'hookpatch does not start:',
        `  ${variable}: ${port} can not be used (EADDRINUSE): another program listens on it; end that, or choose another port`,
      ]);
      expect(ended.output).not.toMatch(/uncaughtException|"level":"(error|fatal)"/);
    });
  });
});

it('the port of the simulator in use is one plain line', async () => {
  await onTakenPort((port) => {
    const env = { ...process.env, SIMULATOR_PORT: String(port) };
    const { status, stderr } = spawnSync(process.execPath, ['simulator/main.ts'], { cwd: CHECKOUT, env, encoding: 'utf8' });
    const expected = `another program listens on port ${port}; end that, or set SIMULATOR_PORT to another one\n`;
    expect([status, stderr]).toEqual([1, expected]);
  });
});

it("what the machine's own Node says, where it is too old, is in troubleshooting.md", () => {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
  const node = findProgram(['node'], folders.join(delimiter));
  const version = node === null ? '' : spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
  if (node === null || Number(version.slice(1).split('.')[0]) >= 22) {
    console.warn(`not run: the PATH has no Node older than 22 (found ${version || 'none'})`);
    return;
  }
  const { status, stderr } = spawnSync(node, ['src/main.ts'], { cwd: CHECKOUT, encoding: 'utf8' });
  const [text = 'nothing'] = /Unknown file extension "\.ts"/.exec(stderr) ?? [];
  expect([status, readFileSync(`${CHECKOUT}/docs/troubleshooting.md`, 'utf8').includes(`\`${text}\``)]).toEqual([1, true]);
});
