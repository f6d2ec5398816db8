import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { Queue } from 'bullmq';
import type { Logger } from 'pino';
import type { RedisConnection } from '../redis/connection.ts';
import { createBullmqClient } from './bullmq-client.ts';
import { logErrors } from './worker-lifecycle.ts';

export interface QueueOpenerOptions {
  readonly connection: RedisConnection;
  readonly prefix: string;
  readonly logger: Logger;
}

export interface QueueOpener<Data> {
  /** The same queue every time. Rejects while Redis is away, and can then be called again. */
  open(): Promise<Queue<Data>>;
  close(): Promise<void>;
}

/**
 * A BullMQ queue never recovers if Redis disconnects during its first commands, and never settles if Redis was unreachable from
 * the start. So the queue is opened only while Redis responds: as soon as it does, so that no request waits for it, and if that
 * failed, again when it is needed. Its commands belong to no trace, whoever calls.
 */
export function createQueueOpener<Data>(name: string, options: QueueOpenerOptions): QueueOpener<Data> {
  const { connection, prefix, logger } = options;
  let opening: Promise<Queue<Data>> | null = null;

  const openQueue = async () => {
    const queue = new Queue<Data>(name, { connection: createBullmqClient(connection), prefix });
    logErrors(queue, logger);
    await queue.waitUntilReady();
    return queue;
  };

  const open = () => {
    if (opening !== null) return opening;
    if (connection.status !== 'ready') return Promise.reject(new Error('Redis is not connected'));
    opening = context.with(ROOT_CONTEXT, openQueue);
    opening.catch(() => {
      opening = null;
    });
    return opening;
  };
  const openEarly = () => void open().catch(() => undefined);
  if (connection.status === 'ready') openEarly();
  connection.on('ready', openEarly);

  return {
    open,
    close: async () => {
      connection.off('ready', openEarly);
      const queue = await opening?.catch(() => null);
      await queue?.close();
    },
  };
}
