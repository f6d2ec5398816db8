import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** One line of the service's log, as pino wrote it. */
export type LogLine = Readonly<Record<string, unknown>>;

interface Waiter {
  readonly matches: (line: LogLine) => boolean;
  readonly resolve: (line: LogLine) => void;
}

/** Reads the output of a child process, separates JSON lines from all other text, and lets callers wait for a line. */
export class LogCollector {
  readonly lines: LogLine[] = [];
  /** Every line of both streams that is not a JSON object. */
  readonly output: string[] = [];
  readonly #waiters = new Set<Waiter>();

  constructor(child: Pick<ChildProcess, 'stdout' | 'stderr'>) {
    for (const stream of [child.stdout, child.stderr]) if (stream !== null) this.#read(stream);
  }

  /** The whole output so far, as text for an error message. */
  text(): string {
    return [...this.lines.map((line) => JSON.stringify(line)), ...this.output].join('\n');
  }

  /** The first line, including past ones, for which `matches` holds. @throws Error after `timeoutMs` */
  waitFor(matches: (line: LogLine) => boolean, timeoutMs: number): Promise<LogLine> {
    const found = this.lines.find(matches);
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(new Error(`no matching log line within ${timeoutMs} ms; logged so far:\n${this.text()}`));
      }, timeoutMs);
      timer.unref();
      const waiter: Waiter = {
        matches,
        resolve: (line) => {
          clearTimeout(timer);
          resolve(line);
        },
      };
      this.#waiters.add(waiter);
    });
  }

  #read(stream: Readable): void {
    createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (text) => this.#add(text));
  }

  #add(text: string): void {
    const line = parseLine(text);
    if (line === null) {
      if (text.trim() !== '') this.output.push(text);
      return;
    }
    this.lines.push(line);
    for (const waiter of this.#waiters) {
      if (!waiter.matches(line)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(line);
    }
  }
}

function parseLine(text: string): LogLine | null {
  if (!text.startsWith('{')) return null;
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return null;
  }
}
