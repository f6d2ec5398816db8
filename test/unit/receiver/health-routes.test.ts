import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { createReceiver } from '../../../src/receiver/app.ts';
import { startReceiver } from './harness.ts';

test('GET /healthz answers while the process lives, ready or not', async () => {
  const { app } = startReceiver({ health: { isReady: () => Promise.reject(new Error('down')) } });
  const answer = await app.inject('/healthz');
  expect([answer.statusCode, answer.json()]).toEqual([200, { status: 'ok', version: packageJson.version }]);
});

describe('GET /readyz', () => {
  test('200 when everything is as it should be', async () => {
    const answer = await startReceiver().app.inject('/readyz');
    expect([answer.statusCode, answer.json()]).toEqual([
      200,
      { ready: true, checks: { redis: true }, failing: [], pausedUntil: null },
    ]);
  });

  test('503 that names what fails', async () => {
    const isReady = async () => ({ ready: false, checks: { redis: true, token: false }, pausedUntil: null });
    const answer = await startReceiver({ health: { isReady } }).app.inject('/readyz');
    expect([answer.statusCode, answer.json().failing]).toEqual([503, ['token']]);
  });

  test('200 that says until when Genesys is left alone', async () => {
    const until = Date.parse('2026-11-25T12:00:00.000Z');
    const isReady = async () => ({ ready: true, checks: { redis: true }, pausedUntil: until });
    const answer = await startReceiver({ health: { isReady } }).app.inject('/readyz');
    expect([answer.statusCode, answer.json().pausedUntil]).toEqual([200, '2026-11-25T12:00:00.000Z']);
  });

  test.each([
    ['fails', () => Promise.reject(new Error('down'))],
    ['hangs', () => new Promise<never>(() => undefined)],
  ])('503 when a check %s', async (_name, isReady) => {
    const answer = await startReceiver({ health: { isReady } }).app.inject('/readyz');
    expect([answer.statusCode, answer.json()]).toEqual([
      503,
      { ready: false, checks: { readiness: false }, failing: ['readiness'], pausedUntil: null },
    ]);
  });
});

test('GET /metrics answers what is rendered, with its type', async () => {
  const answer = await startReceiver().app.inject('/metrics');
  expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(answer.body).toContain('hookpatch_deliveries');
});

test('GET /metrics is collected once for all who ask within a second, and again after a failure', async () => {
  let collections = 0;
  const renderMetrics = async () => {
    collections += 1;
    if (collections === 1) throw new Error('not now');
    return { contentType: 'text/plain', body: `collections ${collections}` };
  };
  const { app } = startReceiver({ health: { renderMetrics } });
  expect((await app.inject('/metrics')).statusCode).toBe(500);
  const answers = await Promise.all(Array.from({ length: 20 }, () => app.inject('/metrics')));
  expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(['collections 2']));
});

test('a public port of a service with an ADMIN_PORT serves /healthz, and neither /readyz nor /metrics nor /admin', async () => {
  const app = createReceiver({
    logger: pino({ level: 'silent' }),
    health: { isReady: () => expect.unreachable(), renderMetrics: () => expect.unreachable() },
    servesOperations: false,
    webhook: null,
    admin: null,
    isShuttingDown: () => false,
    refusesDeliveries: () => false,
  });
  expect((await app.inject('/healthz')).statusCode).toBe(200);
  for (const url of ['/readyz', '/metrics', '/%6detrics', '/admin']) expect((await app.inject(url)).statusCode).toBe(404);
  await app.close();
});

test('a role without a receiver serves health and nothing else', async () => {
  const health = {
    isReady: async () => ({ ready: true, checks: {}, pausedUntil: null }),
    renderMetrics: async () => ({ contentType: 'text/plain', body: '' }),
  };
  const app = createReceiver({
    logger: pino({ level: 'silent' }),
    health,
    webhook: null,
    admin: null,
    servesOperations: true,
    isShuttingDown: () => false,
    refusesDeliveries: () => false,
  });
  expect((await app.inject('/readyz')).statusCode).toBe(200);
  for (const url of ['/webhooks/genesys', '/trace-context', '/conversations/c-1/actions']) {
    expect((await app.inject({ method: 'POST', url, payload: {} })).statusCode).toBe(404);
  }
  await app.close();
});

describe('paths and methods', () => {
  test.each(['/', '/webhooks', '/webhooks/genesys/', '/webhooks/genesys/x', '/admin', '/conversations//actions/x/y'])(
    '404 for %s',
    async (url) => {
      const { app } = startReceiver();
      const answer = await app.inject({ method: 'POST', url, payload: '{', headers: { 'content-type': 'application/json' } });
      expect([answer.statusCode, answer.json().code]).toEqual([404, 'not-found']);
      expect(answer.headers['content-type']).toContain('application/problem+json');
    },
  );

  test.each([
    ['GET', '/webhooks/genesys', 'POST'],
    ['PUT', '/webhooks/genesys', 'POST'],
    ['DELETE', '/webhooks/genesys', 'POST'],
    ['OPTIONS', '/webhooks/genesys', 'POST'],
    ['GET', '/trace-context', 'POST'],
    ['GET', '/conversations/c-1/actions', 'POST'],
    ['POST', '/conversations/c-1/actions/a-1', 'GET, HEAD'],
    ['POST', '/healthz', 'GET, HEAD'],
  ] as const)('405 for %s %s', async (method, url, allow) => {
    const { app, portCalls } = startReceiver();
    const answer = await app.inject({ method, url });
    expect([answer.statusCode, answer.json().code, answer.headers.allow]).toEqual([405, 'method-not-allowed', allow]);
    expect(portCalls).toEqual([]);
  });

  test.each([
    ['a malformed path', '/conversations/%zz/actions/x', 400, 'bad-request'],
    ['a parameter that is too long', `/conversations/${'x'.repeat(601)}/actions/x`, 414, 'uri-too-long'],
  ])('%s', async (_name, url, status, code) => {
    const answer = await startReceiver().app.inject(url);
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
  });
});
