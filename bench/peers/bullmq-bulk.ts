/**
 * BullMQ with `addBulk`: as the baseline's receiver, but requests that come in while one addition is under way are added together
 * by the next one.
 */
import fastify from 'fastify';
import { isSigned } from '../baseline/is-signed.ts';
import { connectRedis, type EventBridgeEvent, openQueue } from '../baseline/queue.ts';

const { PORT, REDIS_URL = '', REDIS_PREFIX = '', WEBHOOK_SECRET = '' } = process.env;
const queue = openQueue(connectRedis(REDIS_URL), REDIS_PREFIX);
const app = fastify();
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

app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
app.get('/readyz', async () => ({ ready: (await queue.waitUntilReady()) !== undefined }));
app.post('/webhooks/genesys', async (request, reply) => {
  const body = request.body as Buffer;
  if (!isSigned(body, request.headers['x-genesys-signature'], WEBHOOK_SECRET)) {
    return reply.code(401).send({ error: 'not authenticated' });
  }
  await add(JSON.parse(body.toString('utf8')) as EventBridgeEvent);
  return reply.code(202).send({ accepted: 1 });
});

await app.listen({ host: '127.0.0.1', port: Number(PORT) });
