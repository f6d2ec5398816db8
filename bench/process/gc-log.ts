import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProcessSpec } from './start-process.ts';

/** One collection, as V8 reports it with `--trace-gc-nvp`. */
export interface Collection {
  readonly kind: 'young' | 'old';
  readonly pauseMs: number;
  /** Bytes allocated since the collection before it. */
  readonly allocated: number;
  /** Bytes that survived in the young generation or went to the old one. */
  readonly survived: number;
}

/** Collects what a process says of its garbage collections. */
export interface GcLog {
  /** The process, with its output in the log. */
  observe(spec: ProcessSpec): ProcessSpec;
  /** Collections since the last call. */
  read(): Promise<readonly Collection[]>;
  stop(): Promise<void>;
}

export async function openGcLog(): Promise<GcLog> {
  const folder = await mkdtemp(join(tmpdir(), 'hookpatch-gc-'));
  const file = join(folder, 'gc.log');
  let read = 0;
  return {
    observe: (spec) => ({ ...spec, args: ['--trace-gc-nvp', ...spec.args], outputFile: file }),
    read: async () => {
      const text = await readFile(file, 'utf8');
      const fresh = text.slice(read);
      read = text.length;
      return parseCollections(fresh);
    },
    stop: () => rm(folder, { recursive: true }),
  };
}

/** Lines of the process's own log are passed over. */
export function parseCollections(text: string): readonly Collection[] {
  return text.split('\n').flatMap((line) => {
    const value = (name: string) => Number(new RegExp(` ${name}=([\\d.]+)`).exec(line)?.[1] ?? 0);
    const kind = / gc=(\S+)/.exec(line)?.[1];
    if (kind !== 's' && kind !== 'ms') return [];
    const survived = value('new_space_survived') + value('promoted');
    return [{ kind: kind === 's' ? 'young' : 'old', pauseMs: value('pause'), allocated: value('allocated'), survived } as const];
  });
}
