import type { Worker } from 'node:cluster';
import type { Message } from './messages.ts';

export function send(worker: Worker, message: Message): void {
  // It may end at any moment.
  if (worker.isConnected()) worker.send(message, () => undefined);
}
