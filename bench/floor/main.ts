/**
 * What Fastify costs before any work is done, as a floor under every receiver: answers 202 to everything (`FLOOR=accept`),
 * or only to what is signed (`FLOOR=verify`). Nothing is parsed or stored.
 */
import fastify from 'fastify';
import { isSigned } from '../baseline/is-signed.ts';

const { PORT, FLOOR, WEBHOOK_SECRET = '' } = process.env;
const app = fastify();

app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
app.get('/readyz', async () => ({ ready: true }));
app.post('/webhooks/genesys', async (request, reply) => {
  const signed = FLOOR === 'accept' || isSigned(request.body as Buffer, request.headers['x-genesys-signature'], WEBHOOK_SECRET);
  return reply.code(signed ? 202 : 401).send({ accepted: 1 });
});

await app.listen({ host: '127.0.0.1', port: Number(PORT) });
