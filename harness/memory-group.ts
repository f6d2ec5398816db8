import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A control group of this machine that limits the memory of the processes that join it. */
export interface MemoryGroup {
  /** For the `NODE_OPTIONS` of a process: the process joins the group before it does anything else. */
  readonly nodeOptions: string;
  /** The most memory that its processes have had so far. */
  peakBytes(): number;
  /** Call it when its processes have ended. */
  remove(): void;
}

interface Layout {
  readonly root: string;
  readonly limit: string;
  readonly peak: string;
}

/** Versions 2 and 1 of control groups, where Linux distributions mount them. */
const LAYOUTS: readonly Layout[] = [
  { root: '/sys/fs/cgroup', limit: 'memory.max', peak: 'memory.peak' },
  { root: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes', peak: 'memory.max_usage_in_bytes' },
];

/** `null` if this user may not create one. */
export function createMemoryGroup(limitBytes: number): MemoryGroup | null {
  for (const { root, limit, peak } of LAYOUTS) {
    const path = join(root, `hookpatch-test-${process.pid}-${Date.now()}`);
    if (!existsSync(join(root, 'cgroup.procs'))) continue;
    try {
      mkdirSync(path);
      writeFileSync(join(path, limit), String(limitBytes));
    } catch {
      if (existsSync(path)) rmdirSync(path);
      continue;
    }
    // The limits of the heap are those of the image's start command (`deploy/image/hookpatch`).
    const heap = `--max-old-space-size=${Math.floor(limitBytes / 2 ** 21)} --max-semi-space-size=16`;
    const joining = `import fs from 'node:fs';fs.writeFileSync('${path}/cgroup.procs',String(process.pid))`;
    return {
      nodeOptions: `--import=data:text/javascript,${encodeURIComponent(joining)} ${heap}`,
      peakBytes: () => Number(readFileSync(join(path, peak), 'utf8')),
      remove: () => rmdirSync(path),
    };
  }
  return null;
}
