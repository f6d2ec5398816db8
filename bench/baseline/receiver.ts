/** The baseline's receiver: verifies the raw body, and adds one job for each event before it answers 202. */
import fastify from 'fastify';
import { isSigned } from './is-signed.ts';
import { connectRedis, type EventBridgeEvent, openQueue } from './queue.ts';

const { PORT, REDIS_URL = '', REDIS_PREFIX = '', WEBHOOK_SECRET = '' } = process.env;
const queue = openQueue(connectRedis(REDIS_URL), REDIS_PREFIX);
const app = fastify();

app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
app.get('/readyz', async () => ({ ready: (await queue.waitUntilReady()) !== undefined }));
app.post('/webhooks/genesys', async (request, reply) => {
  const body = request.body as Buffer;
  if (!isSigned(body, request.headers['x-genesys-signature'], WEBHOOK_SECRET)) {
    return reply.code(401).send({ error: 'not authenticated' });
  }
  const event = JSON.parse(body.toString('utf8')) as EventBridgeEvent;
  await queue.add('event', { event }, { jobId: event.id });
  return reply.code(202).send({ accepted: 1 });
});

await app.listen({ host: '127.0.0.1', port: Number(PORT) });
