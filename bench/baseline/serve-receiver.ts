import fastify from 'fastify';
import { isSigned } from './is-signed.ts';
import type { EventBridgeEvent, openQueue } from './queue.ts';

const { PORT, WEBHOOK_SECRET = '' } = process.env;

/** Serves a receiver that verifies the raw body, and answers 202 when `add` has put the event into the queue. */
export async function serveReceiver(
  queue: ReturnType<typeof openQueue>,
  add: (event: EventBridgeEvent) => Promise<unknown>,
): Promise<void> {
  const app = fastify();
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
}
