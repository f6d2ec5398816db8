/** The baseline's receiver: verifies the raw body, and adds one job for each event before it answers 202. */
import { connectRedis, openQueue } from './queue.ts';
import { serveReceiver } from './serve-receiver.ts';

const { REDIS_URL = '', REDIS_PREFIX = '' } = process.env;
const queue = openQueue(connectRedis(REDIS_URL), REDIS_PREFIX);

await serveReceiver(queue, (event) => queue.add('event', { event }, { jobId: event.id }));
