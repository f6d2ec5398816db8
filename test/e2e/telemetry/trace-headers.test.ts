import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { sendDelivery } from '../../../harness/send-delivery.ts';
import { waitUntil } from '../../../harness/wait-until.ts';
import { QUEUES } from '../../../simulator/queue-directory.ts';
import { eventOf, SECRET } from '../with-service.ts';
import { newTrace, RULES, withTracedService } from './traced-service.ts';

const BAGGAGE = 'tenant=baggage-of-the-sender';
const TRACESTATE = 'vendor=state-of-the-sender';

/** Between the service and the simulator: passes every byte on, and keeps what the service sends. */
async function startWiretap(target: string) {
  const { port, hostname } = new URL(target);
  const sent: Buffer[] = [];
  const sockets: Socket[] = [];
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) sockets.push(socket.on('error', () => undefined));
    client.on('data', (bytes) => sent.push(bytes));
    client.pipe(upstream).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    text: () => Buffer.concat(sent).toString('latin1'),
    stop: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** One event whose rule patches and transfers; answers the bytes that went to Genesys, by request line. */
async function bytesToGenesys(env: Readonly<Record<string, string>>): Promise<{ text: string; requests: readonly string[] }> {
  let text = '';
  await withTracedService({ rules: RULES }, async (bed) => {
    const wiretap = await startWiretap(bed.simulator.url);
    try {
      const service = await bed.start({ env: { ...env, GENESYS_API_URL: wiretap.url, GENESYS_LOGIN_URL: wiretap.url } });
      // The start asks for the limits, outside of any trace; it must not be what the token is renewed for.
      await waitUntil(() => bed.simulator.journal().some(({ call }) => call === 'list-limits'), { what: 'the limits' });
      bed.simulator.revokeTokens(); // so that one is asked for inside the event's trace too
      const agent = { purpose: 'agent', userId: 'u-1', queueId: QUEUES.support.id };
      const { id } = bed.simulator.createConversation({ participants: [{ purpose: 'customer' }, agent] });
      const { traceparent } = newTrace();
      const headers = { traceparent, tracestate: TRACESTATE, baggage: BAGGAGE };
      const answer = await sendDelivery(`${service.url}/webhooks/genesys`, eventOf(id, 'user.start'), {
        secret: SECRET,
        headers,
      });
      expect(answer.status).toBe(202);
      await service.waitForLog(({ msg, conversationId }) => msg === 'event processed' && conversationId === id);
      await service.stop();
      text = wiretap.text();
    } finally {
      wiretap.stop();
    }
  });
  const requests = text.split(/^(?=(?:GET|PATCH|POST) \/)/m);
  return { text, requests };
}

/** Of which kinds there are requests, and of which kinds those are that have a `traceparent`. */
function kindsOf(requests: readonly string[]): string[] {
  const kinds = { token: 'POST /oauth/token', GET: 'GET /', PATCH: 'PATCH /', POST: 'POST /api/' };
  return Object.entries(kinds).flatMap(([kind, start]) => (requests.some((request) => request.startsWith(start)) ? [kind] : []));
}

const ALL_KINDS = ['token', 'GET', 'PATCH', 'POST'];

describe('on the wire to Genesys', () => {
  it('no request carries the trace, whatever the sender sent', async () => {
    const { text, requests } = await bytesToGenesys({});
    expect(kindsOf(requests)).toEqual(ALL_KINDS);
    expect(text.match(/traceparent|tracestate|baggage|of-the-sender|b3:|x-b3|uber-trace-id/gi)).toBeNull();
  });

  it('every request of an event carries it with GENESYS_TRACE_HEADERS=true', async () => {
    const { requests } = await bytesToGenesys({ GENESYS_TRACE_HEADERS: 'true' });
    const carrying = requests.filter((request) => /^traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-01\r$/im.test(request));
    expect(kindsOf(carrying)).toEqual(ALL_KINDS);
  });
});
