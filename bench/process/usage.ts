import { readdir, readFile } from 'node:fs/promises';

/** CPU seconds, user and system, since a process was started. Linux only. */
interface CpuTime {
  /** Of all threads that live. */
  readonly all: number;
  /** Of the thread that runs JavaScript, or Redis's commands. */
  readonly main: number;
}

/** From the scheduler's own clock, in nanoseconds. */
async function cpuTime(pid: number): Promise<CpuTime> {
  const threads = await readdir(`/proc/${pid}/task`);
  const seconds = await Promise.all(threads.map((thread) => threadSeconds(pid, thread)));
  return { all: seconds.reduce((sum, each) => sum + each, 0), main: seconds[threads.indexOf(String(pid))] ?? 0 };
}

/** The CPU that each of some processes uses during `work`. */
export async function cpuDuring<Name extends string, Result>(
  pids: Readonly<Record<Name, readonly number[]>>,
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly cpu: Readonly<Record<Name, CpuTime>> }> {
  const names = Object.keys(pids) as Name[];
  const look = () => Promise.all(names.map((name) => sumOf(pids[name])));
  const before = await look();
  const result = await work();
  const after = await look();
  const used = names.map((name, index) => [name, difference(after[index], before[index])] as const);
  return { result, cpu: Object.fromEntries(used) as Record<Name, CpuTime> };
}

/** Resident memory of a process in megabytes (10^6 bytes). Linux only. */
export async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kibibytes === undefined) throw new Error(`process ${pid} does not say its resident memory`);
  return (Number(kibibytes) * 1024) / 1e6;
}

/** 0 for a thread that has just ended. */
async function threadSeconds(pid: number, thread: string): Promise<number> {
  const text = await readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').catch(() => '0');
  return Number(text.split(' ', 1)[0]) / 1e9;
}

async function sumOf(pids: readonly number[]): Promise<CpuTime> {
  const times = await Promise.all(pids.map(cpuTime));
  const sum = (part: keyof CpuTime) => times.reduce((total, time) => total + time[part], 0);
  return { all: sum('all'), main: sum('main') };
}

function difference(after: CpuTime | undefined, before: CpuTime | undefined): CpuTime {
  return { all: (after?.all ?? 0) - (before?.all ?? 0), main: (after?.main ?? 0) - (before?.main ?? 0) };
}
