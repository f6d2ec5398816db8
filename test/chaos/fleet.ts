import { setTimeout as delay } from 'node:timers/promises';
import type { LogLine } from '../../harness/log-collector.ts';
import { type ServiceProcess, startService } from '../../harness/service-process.ts';
import { SERVICES, type ServiceName } from './plan-disruptions.ts';

export interface LoggedLine {
  readonly process: string;
  readonly line: LogLine | string;
}

/** Two receivers and two workers, each a real process that is started again whenever it ends. */
export interface Fleet {
  /** SIGKILL, and a new process `downForMs` later; resolves when that one listens. */
  kill(name: ServiceName, downForMs: number): Promise<void>;
  receiverUrls(): readonly string[];
  /** Everything that was logged by all processes so far, those that were killed included. */
  lines(): LoggedLine[];
  stop(): Promise<void>;
}

export interface FleetOptions {
  readonly env: Readonly<Record<string, string>>;
  /** Called whenever a receiver came or went. */
  onChange(): void;
}

interface Slot {
  readonly name: ServiceName;
  running: ServiceProcess | null;
  readonly past: ServiceProcess[];
  /** What is being done to it: one thing after the other. */
  busy: Promise<void>;
}

/** On machines that are busy with everything else a start takes a while. */
const START_TIMEOUT_MS = 60_000;

export async function startFleet({ env, onChange }: FleetOptions): Promise<Fleet> {
  const slots = SERVICES.map((name): Slot => ({ name, running: null, past: [], busy: Promise.resolve() }));
  const start = async (slot: Slot) => {
    const role = slot.name.startsWith('receiver') ? 'receiver' : 'worker';
    slot.running = await startService({ env: { ...env, ROLE: role }, until: 'listening', timeoutMs: START_TIMEOUT_MS });
    slot.past.push(slot.running);
    onChange();
  };
  const end = async (slot: Slot) => {
    const { running } = slot;
    slot.running = null;
    onChange();
    await running?.kill();
  };
  await Promise.all(slots.map(start));

  return {
    kill: (name, downForMs) => {
      const slot = slotOf(slots, name);
      slot.busy = slot.busy.then(async () => {
        await end(slot);
        await delay(downForMs);
        await start(slot);
      });
      return slot.busy;
    },
    receiverUrls: () => slots.flatMap(({ name, running }) => (name.startsWith('receiver') && running ? [running.url] : [])),
    lines: () => slots.flatMap(({ name, past }) => past.flatMap((service) => linesOf(name, service))),
    stop: async () => {
      await Promise.allSettled(slots.map(({ busy }) => busy));
      await Promise.all(slots.map(end));
    },
  };
}

function slotOf(slots: readonly Slot[], name: ServiceName): Slot {
  const slot = slots.find((each) => each.name === name);
  if (slot === undefined) throw new Error(`no process ${name}`);
  return slot;
}

function linesOf(name: ServiceName, { pid, logs, output }: ServiceProcess): LoggedLine[] {
  return [...logs, ...output].map((line) => ({ process: `${name} (pid ${pid})`, line }));
}
