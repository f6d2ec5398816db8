import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createShutdown, SHUTDOWN_LIMIT_MS, type ShutdownStep } from '../../../src/lifecycle/shutdown.ts';

interface Line {
  readonly msg: string;
  readonly step?: string;
}

function prepare(steps: readonly ShutdownStep[], drainMs = 0) {
  const lines: Line[] = [];
  const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const { promise: exited, resolve } = Promise.withResolvers<number>();
  const codes: number[] = [];
  const exit = (code: number) => {
    codes.push(code);
    resolve(code);
  };
  return { shutdown: createShutdown({ steps: () => steps, drainMs, logger, exit }), exited, codes, lines };
}

/** Never ends by itself. */
const hanging: ShutdownStep = { name: 'hanging', end: () => new Promise(() => undefined) };

describe('the shutdown', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('ends one step after the other, and then the process', async () => {
    const ended: string[] = [];
    const step = (name: string): ShutdownStep => ({ name, end: async () => ended.push(name) });
    const { shutdown, exited, lines } = prepare([step('receiver'), step('worker'), step('telemetry')]);
    expect(shutdown.started).toBe(false);
    shutdown.begin('SIGTERM', 0);
    expect(shutdown.started).toBe(true);
    expect(await exited).toBe(0);
    expect(ended).toEqual(['receiver', 'worker', 'telemetry']);
    expect(lines.map(({ msg }) => msg)).toEqual(['stopping', 'stopped']);
  });

  test('goes on after a step that fails, and says which', async () => {
    const ended: string[] = [];
    const failing: ShutdownStep = { name: 'receiver', end: () => Promise.reject(new Error('no')) };
    const { shutdown, exited, lines } = prepare([failing, { name: 'worker', end: async () => ended.push('worker') }]);
    shutdown.begin('SIGTERM', 0);
    expect(await exited).toBe(0);
    expect(ended).toEqual(['worker']);
    expect(lines.find(({ step }) => step === 'receiver')).toMatchObject({ msg: 'shutdown step failed' });
  });

  test('exits at once when it is begun a second time', async () => {
    const { shutdown, codes } = prepare([hanging]);
    shutdown.begin('SIGINT', 0);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(codes).toEqual([]);
    shutdown.begin('SIGINT', 0);
    expect(codes).toEqual([130]);
  });

  test('goes on as before for as long as it drains, and not after a failure', async () => {
    const ended: string[] = [];
    const receiver: ShutdownStep = { name: 'receiver', end: async () => ended.push('receiver') };
    const { shutdown, exited } = prepare([receiver], 5_000);
    shutdown.begin('SIGTERM', 0);
    await vi.advanceTimersByTimeAsync(4_999);
    expect([shutdown.started, shutdown.drained, ended]).toEqual([true, false, []]);
    await vi.advanceTimersByTimeAsync(1);
    expect([await exited, shutdown.drained, ended]).toEqual([0, true, ['receiver']]);
    const failed = prepare([receiver], 5_000);
    failed.shutdown.begin('uncaughtException', 1);
    expect(await failed.exited).toBe(1);
  });

  test('takes a signal that comes twice, as through npm, for one', async () => {
    const { shutdown, codes } = prepare([hanging]);
    shutdown.begin('SIGINT', 0);
    await vi.advanceTimersByTimeAsync(50);
    shutdown.begin('SIGINT', 0);
    expect(codes).toEqual([]);
  });

  test('leaves a step the time that it may take, and then goes on without it', async () => {
    const ended: string[] = [];
    const telemetry: ShutdownStep = { name: 'telemetry', end: async () => ended.push('telemetry') };
    const { shutdown, codes, lines } = prepare([{ ...hanging, limitMs: 28_000 }, hanging, telemetry]);
    shutdown.begin('SIGTERM', 0);
    await vi.advanceTimersByTimeAsync(28_000 + 4_999);
    expect(ended).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect([ended, codes]).toEqual([['telemetry'], [1]]);
    expect(lines.map(({ step }) => step)).toEqual([undefined, 'hanging', 'hanging', undefined]);
  });

  test('has a limit for all steps together', async () => {
    const { shutdown, codes } = prepare([{ ...hanging, limitMs: 100_000 }]);
    shutdown.begin('SIGTERM', 0);
    await vi.advanceTimersByTimeAsync(SHUTDOWN_LIMIT_MS);
    expect(codes).toEqual([1]);
  });
});

describe('a process in which something fails that nobody caught', () => {
  test.each(['unhandledRejection', 'uncaughtException'])('ends in order with a log line and exit code 1: %s', (failure) => {
    const script = join(import.meta.dirname, 'failing-process.ts');
    const { status, stdout } = spawnSync(process.execPath, [script, failure], { encoding: 'utf8', timeout: 15_000 });
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
    expect(lines.map(({ msg }) => msg)).toEqual([failure, 'stopping', 'step ended', 'stopped']);
    expect(lines[0]).toMatchObject({ level: 'fatal', err: { message: 'nobody catches this' } });
    expect(status).toBe(1);
  });
});
