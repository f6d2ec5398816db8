import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Workload } from '../workload/plan.ts';
import type { ClosedLoopResult } from './closed-loop.ts';
import type { OpenLoopResult } from './open-loop.ts';

export type LoadOrder =
  | { readonly kind: 'prepare'; readonly workload: Workload; readonly secret: string }
  | { readonly kind: 'closed'; readonly ports: readonly number[]; readonly connections: number; readonly leadInMs: number }
  | { readonly kind: 'open'; readonly port: number; readonly connections: number };

export type LoadReply = { readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly message: string };

/** The load generator, a process of its own: its work never delays the clock of what it measures, nor the other way round. */
export interface LoadGenerator {
  /** Makes and signs the requests of a workload, replacing those before; answers how many. */
  prepare(workload: Workload): Promise<number>;
  /** Sends what was prepared, each connection as fast as it is answered. What is sent in the first `leadInMs` (0) is not timed. */
  runClosed(ports: readonly number[], connections: number, leadInMs?: number): Promise<ClosedLoopResult>;
  /** Sends what was prepared on its schedule. */
  runOpen(port: number, connections: number): Promise<OpenLoopResult>;
  stop(): Promise<void>;
}

/** `secret` signs the requests. */
export function startLoadGenerator(secret: string): LoadGenerator {
  // Its IPC channel ends it when this process is gone.
  const child = fork(new URL('./main.ts', import.meta.url), { serialization: 'advanced', execArgv: [] });
  const ask = async (order: LoadOrder): Promise<unknown> => {
    const replied = once(child, 'message');
    child.send(order);
    const [reply] = (await replied) as [LoadReply];
    if (!reply.ok) throw new Error(`load generator: ${reply.message}`);
    return reply.result;
  };
  return {
    prepare: async (workload) => (await ask({ kind: 'prepare', workload, secret })) as number,
    runClosed: async (ports, connections, leadInMs = 0) =>
      (await ask({ kind: 'closed', ports, connections, leadInMs })) as ClosedLoopResult,
    runOpen: async (port, connections) => (await ask({ kind: 'open', port, connections })) as OpenLoopResult,
    stop: async () => {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}
