/**
 * BullMQ with `addBulk`: as the baseline's receiver, but requests that come in while one addition is under way are added together
 * by the next one.
 */
import { connectRedis, type EventBridgeEvent, openQueue } from '../baseline/queue.ts';
import { serveReceiver } from '../baseline/serve-receiver.ts';

const { REDIS_URL = '', REDIS_PREFIX = '' } = process.env;
const queue = openQueue(connectRedis(REDIS_URL), REDIS_PREFIX);
let waiting: EventBridgeEvent[] = [];
let current: Promise<unknown> = Promise.resolve();
let next: Promise<unknown> | null = null;

/** Resolves when the event's job is in Redis. */
function add(event: EventBridgeEvent): Promise<unknown> {
  waiting.push(event);
  next ??= current.then(() => {
    const jobs = waiting.map((each) => ({ name: 'event', data: { event: each }, opts: { jobId: each.id } }));
    waiting = [];
    current = queue.addBulk(jobs);
    next = null;
    return current;
  });
  return next;
}

await serveReceiver(queue, add);
