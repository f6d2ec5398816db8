import { readFile } from 'node:fs/promises';

/** Linux counts a process's CPU time in hundredths of a second (USER_HZ, which is 100 on every architecture that Node runs on). */
const TICKS_PER_SECOND = 100;

/** CPU seconds, user and system, that a process has used since its start. Linux only. */
export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The second field is the program's name in parentheses, which may hold spaces; utime and stime are the 14th and 15th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Resident memory of a process in megabytes (10^6 bytes). Linux only. */
export async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kibibytes === undefined) throw new Error(`process ${pid} does not say its resident memory`);
  return (Number(kibibytes) * 1024) / 1e6;
}
