import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const root = join(import.meta.dirname, '../../..');

export interface Run {
  readonly code: number;
  readonly stderr: string;
  readonly lines: readonly Record<string, unknown>[];
  /** What the program says about itself in the end. */
  readonly said: { readonly connections: number; readonly traceparent: string; readonly metrics: string };
}

/** Starts the program as `npm start` starts the service. `untilSettled` makes it go on until that promise resolves. */
export async function runTracedService(env: Record<string, string>, untilSettled?: Promise<unknown>): Promise<Run> {
  const args = ['--import', './src/telemetry/register.ts', join(import.meta.dirname, 'traced-service.ts')];
  if (untilSettled !== undefined) args.push('until-stdin-ends');
  const child = spawn(process.execPath, args, { cwd: root, env: { PATH: process.env.PATH, ...env } });
  const exited = once(child, 'exit');
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  await untilSettled;
  child.stdin.end();
  const [code] = (await exited) as [number];
  const [stdout, stderr] = await output;
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { code, stderr, lines, said: lines.find((line) => 'metrics' in line) as unknown as Run['said'] };
}
