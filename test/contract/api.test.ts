import { Validator } from '@seriousme/openapi-schema-validator';
import type { ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { FastifyInstance, HTTPMethods } from 'fastify';
import { describe, expect, it } from 'vitest';
import { isAboutConversation } from '../../src/domain/delivered-event.ts';
import { parseDelivery } from '../../src/envelopes/parse-delivery.ts';
import document from '../../src/receiver/openapi.json' with { type: 'json' };
import { readAllFixtures } from '../unit/envelopes/fixtures.ts';
import { flatEvent, listen, post, startReceiver } from '../unit/receiver/harness.ts';
import { openConnection } from '../unit/receiver/raw-connection.ts';
import { EVERYTHING, EXCHANGES, type Exchange, play } from './api-exchanges.ts';

interface Described {
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
}

const operations = new Map(
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Described] => [`${method.toUpperCase()} ${path}`, operation]),
  ),
);

const ajv = new Ajv2020({ strict: false, validateSchema: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(document, 'api');

/** @param steps the place in the document */
function validatorOf(...steps: readonly string[]): ValidateFunction {
  const pointer = steps.map((step) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
  return ajv.compile({ $ref: `api#/${pointer}` });
}

function placeOf(operation: string): [string, string, string] {
  const [method = '', path = ''] = operation.split(' ');
  return ['paths', path, method.toLowerCase()];
}

const accepted = validatorOf(...placeOf('POST /webhooks/genesys'), 'requestBody', 'content', 'application/json', 'schema');

it('is a valid OpenAPI 3.1 document', async () => {
  const validator = new Validator();
  expect(await validator.validate(structuredClone(document))).toMatchObject({ valid: true });
  expect(validator.version).toBe('3.1');
});

describe('routes', () => {
  it('are all in the document, and the document has no others', async () => {
    const { app } = startReceiver(EVERYTHING);
    expect((await operationsOf(app)).toSorted()).toEqual([...operations.keys()].toSorted());
  });

  it('serve the document to everybody, in every role', async () => {
    const response = await startReceiver().app.inject('/openapi.json');
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(response.json()).toEqual(document);
  });
});

describe('requests and responses', () => {
  it.each(EXCHANGES)('$operation $status $code', async (exchange) => {
    const { app } = startReceiver(exchange.overrides);
    const response = await play(app, exchange);
    expect([response.statusCode, response.statusCode < 400 ? undefined : codeOf(response)]).toEqual([
      exchange.status,
      exchange.code,
    ]);
    checkRequest(exchange);
    checkResponse(exchange, response);
  });

  it('are of every status that the document has, and of no other', () => {
    const documented = [...operations].flatMap(([name, { responses }]) =>
      Object.keys(responses).map((status) => `${name} ${status}`),
    );
    const played = new Set(EXCHANGES.map(({ operation, status }) => `${operation} ${status}`));
    expect([...played].toSorted()).toEqual(documented.toSorted());
  });

  it.each(readAllFixtures())('the document allows the saved event $name', ({ raw }) => {
    expect(accepted(JSON.parse(raw.toString('utf8'))), JSON.stringify(accepted.errors)).toBe(true);
  });

  it.each(Object.keys(document.components.schemas.FlatEvent.properties))('%s of a flat event is read', (name) => {
    const value = /time/i.test(name) ? '2026-11-20T22:30:00.123Z' : 'MARK-1';
    const direction = name === 'addressTo' ? 'OUTBOUND' : 'INBOUND';
    const named = /topic|eventType/.test(name) ? {} : { eventType: flatEvent().eventType };
    const flat = { conversationId: 'c-1', direction, ...named, [name]: value };
    const [{ body: _, ...event } = { body: {} }] = parseDelivery(Buffer.from(JSON.stringify(flat)), {
      receivedAt: 0,
      deliveryKey: null,
    }).filter(isAboutConversation);
    expect(Object.values(event)).toContain(value);
  });
});

describe('errors that every request can get are problems of the document', () => {
  const isProblem = validatorOf('components', 'schemas', 'Problem');
  const limits = {
    headersTimeoutMs: 40,
    requestTimeoutMs: 40,
    silenceTimeoutMs: 5_000,
    checkIntervalMs: 10,
    keepAliveTimeoutMs: 5_000,
    maxHeaderBytes: 2_048,
  };
  const failing = { intake: { ruleSet: () => expect.unreachable() } };

  it.each([
    [404, 'not-found', '/nothing', {}],
    [405, 'method-not-allowed', '/webhooks/genesys', {}],
    [414, 'uri-too-long', `/conversations/${'x'.repeat(601)}/story`, {}],
  ])('%d %s', async (status, code, url) => {
    const response = await startReceiver().app.inject(url);
    expect([response.statusCode, codeOf(response), isProblem(response.json())]).toEqual([status, code, true]);
  });

  it('500 internal-error', async () => {
    const response = await post(startReceiver(failing).app, '/webhooks/genesys', flatEvent());
    expect([response.statusCode, codeOf(response), isProblem(response.json())]).toEqual([500, 'internal-error', true]);
  });

  it.each([
    [408, 'request-timeout', 'GET /healthz HTTP/1.1\r\nhost: x\r\n'],
    [431, 'headers-too-large', `GET /healthz HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(4_096)}\r\n\r\n`],
  ])('%d %s', async (status, code, request) => {
    const connection = await openConnection(await listen(startReceiver({ limits }).app));
    connection.write(request);
    const answer = await connection.answer();
    const body = JSON.parse(answer.body);
    expect([answer.status, body.code, isProblem(body)]).toEqual([status, code, true]);
  });
});

type Response = Awaited<ReturnType<typeof play>>;

function typeOf({ headers }: Response): string {
  return String(headers['content-type'] ?? '').replace(/;.*/, '');
}

function codeOf(response: Response): string | undefined {
  return typeOf(response) === 'application/problem+json' ? response.json().code : undefined;
}

function checkRequest({ operation, headers = {}, body, isValidBody = true }: Exchange): void {
  const content = operations.get(operation)?.requestBody?.content ?? {};
  expect(Object.keys(content)).toHaveLength(body === undefined ? 0 : 1);
  if (body === undefined || isValidBody === null || headers['content-type'] !== 'application/json') return;
  if (content['application/json'] === undefined) return;
  const validate = validatorOf(...placeOf(operation), 'requestBody', 'content', 'application/json', 'schema');
  expect(validate(JSON.parse(body)), JSON.stringify(validate.errors)).toBe(isValidBody);
}

function checkResponse({ operation, status }: Exchange, response: Response): void {
  const content = operations.get(operation)?.responses[status]?.content ?? {};
  const type = typeOf(response);
  expect(Object.keys(content)).toEqual(type === '' ? [] : [type]);
  if (!type.endsWith('json')) return;
  const validate = validatorOf(...placeOf(operation), 'responses', String(status), 'content', type, 'schema');
  expect(validate(response.json()), JSON.stringify(validate.errors)).toBe(true);
}

/** Every route and method that does not only refuse the method; without the HEAD that goes with each GET. */
async function operationsOf(app: FastifyInstance): Promise<string[]> {
  await app.ready();
  const found: string[] = [];
  for (const url of pathsOf(app)) {
    for (const method of app.supportedMethods as HTTPMethods[]) {
      if (method === 'HEAD' || !app.hasRoute({ method, url })) continue;
      const { statusCode } = await app.inject({ method: method as 'GET', url: url.replaceAll(/:\w+/g, 'x') });
      if (statusCode !== 405) found.push(`${method} ${url.replaceAll(/:(\w+)/g, '{$1}')}`);
    }
  }
  return found;
}

/** Of the tree that Fastify prints: each line continues the path of the line above it that is indented less. */
function pathsOf(app: FastifyInstance): string[] {
  const open: string[] = [];
  return app
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .flatMap((line) => {
      const [, indent = '', segment = ''] = /^(.*?)[└├]── (.*?)(?: \(.*)?$/.exec(line) ?? [];
      if (segment === '') return [];
      const depth = indent.length / 4;
      open.length = depth;
      open[depth] = segment;
      const path = open.join('');
      // `/admin` is there with and without a slash at its end.
      return path.endsWith('/') ? [] : [path];
    });
}
