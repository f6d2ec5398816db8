import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

/** Longer than a response takes that waits for Redis. A sender that is slower than this repeats its delivery. */
const UNDER_WAY_MS = 4_000;
const SWEEP_MS = 50;

const underWay = new WeakMap<Server, Set<ServerResponse>>();

/** Keeps account of the requests that are being served, for {@link endReceiver}; a response during the shutdown is a connection's last. */
export function trackRequests({ server }: FastifyInstance, isShuttingDown: () => boolean): void {
  const responses = new Set<ServerResponse>();
  underWay.set(server, responses);
  // Before Fastify, which may have sent the headers when its own listener returns.
  server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => {
    if (isShuttingDown()) response.shouldKeepAlive = false;
    responses.add(response);
    response.once('close', () => responses.delete(response));
  });
}

/**
 * Takes no more connections, lets requests that are being served end, for at most 4 s, and then closes every connection that is left: idle
 * ones, and those on which a request never came or never ended. Node and Fastify would wait for these.
 */
export async function endReceiver(app: FastifyInstance, underWayMs = UNDER_WAY_MS): Promise<void> {
  const { server } = app;
  const responses = underWay.get(server) ?? new Set();
  const closed = app.close();
  server.closeIdleConnections();
  for (const response of responses) if (!response.headersSent) response.shouldKeepAlive = false;
  await Promise.race([allClosed(responses), delay(underWayMs, undefined, { ref: false })]);
  // More than once, because Fastify may not have stopped listening yet.
  const sweep = setInterval(() => server.closeAllConnections(), SWEEP_MS);
  server.closeAllConnections();
  await closed.finally(() => clearInterval(sweep));
}

async function allClosed(responses: ReadonlySet<ServerResponse>): Promise<void> {
  while (responses.size > 0)
    await Promise.all([...responses].map((response) => new Promise((resolve) => response.once('close', resolve))));
}
