import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { LinkedSet } from '../domain/linked-set.ts';

/** Longer than a response that waits for Redis takes. A sender that is slower than this repeats its delivery. */
const UNDER_WAY_MS = 4_000;
const SWEEP_MS = 50;

const underWay = new WeakMap<Server, LinkedSet<ServerResponse>>();

/**
 * Counts the requests that are being served, for {@link endReceiver}. During the shutdown a response is the last of its
 * connection.
 */
export function trackRequests({ server }: FastifyInstance, isShuttingDown: () => boolean): void {
  const responses = new LinkedSet<ServerResponse>();
  underWay.set(server, responses);
  // Runs before Fastify, which may have sent the headers when its own listener returns.
  server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => {
    if (isShuttingDown()) response.shouldKeepAlive = false;
    response.once('close', responses.add(response));
  });
}

/**
 * Accepts no more connections and lets current requests end, for at most 4 s. Then it closes every remaining connection: idle
 * ones, and those on which a request never came or never ended. Node and Fastify would wait for these.
 */
export async function endReceiver(app: FastifyInstance, underWayMs = UNDER_WAY_MS): Promise<void> {
  const { server } = app;
  const responses = underWay.get(server) ?? new LinkedSet();
  const closed = app.close();
  server.closeIdleConnections();
  for (const response of responses) if (!response.headersSent) response.shouldKeepAlive = false;
  await Promise.race([allClosed(responses), delay(underWayMs, undefined, { ref: false })]);
  // Repeated, because Fastify may not have stopped listening yet.
  const sweep = setInterval(() => server.closeAllConnections(), SWEEP_MS);
  server.closeAllConnections();
  await closed.finally(() => clearInterval(sweep));
}

async function allClosed(responses: LinkedSet<ServerResponse>): Promise<void> {
  while (responses.size > 0)
    await Promise.all([...responses].map((response) => new Promise((resolve) => response.once('close', resolve))));
}
