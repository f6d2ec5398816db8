import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, inject, onTestFinished, test } from 'vitest';
import { LogCollector } from '../../harness/log-collector.ts';
import { waitUntil } from '../../harness/wait-until.ts';

const root = join(import.meta.dirname, '..', '..');

function startDemo(args: readonly string[] = []): ChildProcess {
  const env = { ...process.env, REDIS_URL: inject('redisUrl') };
  const child = spawn(process.execPath, ['demo/main.ts', ...args], { cwd: root, env });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** Starts the demo and waits until it has printed what is asked for; answers the address of its service. */
async function startUntil(args: readonly string[], printed: RegExp) {
  const demo = startDemo(args);
  const { output } = new LogCollector(demo);
  await waitUntil(() => output.some((line) => printed.test(line)), {
    timeoutMs: 50_000,
    what: `${printed} in the demo's output`,
  });
  const [, serviceUrl = ''] = /hookpatch +(http:\S+),/.exec(output.join('\n')) ?? [];
  return { demo, serviceUrl };
}

/** By its socket, not its process id: a process that nobody has waited for keeps its id. */
async function isUp(serviceUrl: string): Promise<boolean> {
  return fetch(`${serviceUrl}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  );
}

test('the demo plays ten calls, shows what was done, and finds everything as expected', async () => {
  const demo = startDemo();
  const printed = text(demo.stdout as NodeJS.ReadableStream);
  const [exitCode] = await once(demo, 'exit');
  const output = await printed;
  expect(output).toContain('10 of 10 calls as expected');
  expect(output).toMatch(/^ +PATCH .*█/m);
  for (const line of output.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  expect(exitCode).toBe(0);
});

test('Ctrl-C ends a demo that is kept, and its service', async () => {
  const { demo, serviceUrl } = await startUntil(['--keep'], /Everything stays up/);
  expect(await isUp(serviceUrl)).toBe(true);
  demo.kill('SIGINT');
  await expect(once(demo, 'exit')).resolves.toEqual([0, null]);
  expect(await isUp(serviceUrl)).toBe(false);
});

test('a demo that is killed takes its service with it', async () => {
  const { demo, serviceUrl } = await startUntil([], /hookpatch .*process/);
  expect(await isUp(serviceUrl)).toBe(true);
  demo.kill('SIGKILL');
  await waitUntil(async () => !(await isUp(serviceUrl)), { what: 'the end of the service' });
});
