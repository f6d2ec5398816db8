import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { DriverOptions, ReceiversMessage } from './driver.ts';

/** The sender's process. */
export interface Driver {
  /** Tells it where to send. */
  aim(receivers: readonly string[]): void;
  /** Resolves when every planned event was accepted. @throws Error when it ends otherwise */
  readonly done: Promise<void>;
  stop(): void;
}

export function startDriver(options: DriverOptions): Driver {
  const child = fork(fileURLToPath(new URL('driver.ts', import.meta.url)), [JSON.stringify(options)], { execArgv: [] });
  return {
    aim: (receivers) => {
      if (child.connected) child.send({ receivers } satisfies ReceiversMessage);
    },
    done: once(child, 'exit').then(([code, signal]) => {
      if (code !== 0) throw new Error(`the driver ended before its work was done (exit code ${code}, signal ${signal})`);
    }),
    stop: () => void child.kill('SIGKILL'),
  };
}
