import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const ROOT = new URL('../../', import.meta.url);

/** `npm run simulator` as a newcomer meets it: what it prints and what its README says must work. */
describe('the simulator as a program', () => {
  let program: ChildProcessByStdio<null, Readable, null>;
  let printed: string;
  let url: string;

  beforeEach(async () => {
    program = spawn(process.execPath, ['simulator/main.ts'], {
      cwd: ROOT,
      env: { PATH: process.env.PATH, SIMULATOR_PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    printed = '';
    for await (const chunk of program.stdout.iterator({ destroyOnReturn: false })) {
      printed += chunk;
      if (printed.includes('Ctrl-C')) break;
    }
    url = /login and API\): (\S+)/.exec(printed)?.[1] ?? '';
  });
  afterEach(async () => {
    if (program.exitCode !== null || program.signalCode !== null) return;
    program.kill('SIGKILL');
    await once(program, 'exit');
  });

  test('prints lines that work, and ends on SIGTERM', async () => {
    const lines = printed.split('\n').filter((line) => line.includes('curl '));
    expect(lines).toHaveLength(4);
    for (const line of lines) expect(await run(line), line).toBeLessThan(300);
    program.kill('SIGTERM');
    expect(await once(program, 'exit')).toEqual([0, null]);
  });

  test('does what the README says of its control API', async () => {
    const readme = await readFile(new URL('simulator/README.md', ROOT), 'utf8');
    const lines = readme.split('\n').filter((line) => line.startsWith('curl '));
    expect(lines.length).toBeGreaterThan(15);
    for (const line of lines) expect(await run(line.replaceAll('$SIM', url)), line).toBeLessThan(300);
  });

  test('lists every variable in its README', async () => {
    const readme = await readFile(new URL('simulator/README.md', ROOT), 'utf8');
    const source = await readFile(new URL('simulator/environment.ts', ROOT), 'utf8');
    const variables = new Set(source.match(/\bSIMULATOR_[A-Z_]+\b/g));
    expect([...variables].filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });
});

/** Makes the request of a `curl` line; curl itself is not on every machine. Answers the status. */
async function run(line: string): Promise<number> {
  const option = (name: string) => new RegExp(`${name} ('([^']*)'|(\\S+))`).exec(line)?.slice(2).find(Boolean);
  const data = option('-d');
  const user = option('-u');
  const target = /https?:\/\/[^\s"'}]+$|"(https?:[^"]+)"$/.exec(line);
  const response = await fetch(target?.[1] ?? target?.[0] ?? '', {
    method: option('-X') ?? (data === undefined ? 'GET' : 'POST'),
    headers: {
      ...(data !== undefined && {
        'content-type': user === undefined ? 'application/json' : 'application/x-www-form-urlencoded',
      }),
      ...(user !== undefined && { authorization: `Basic ${Buffer.from(user).toString('base64')}` }),
    },
    ...(data !== undefined && { body: data }),
  });
  await response.arrayBuffer();
  return response.status;
}
