import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { collectBody } from './collect-body.ts';
import { bodyTooLarge, Problem } from './problem.ts';
import type { ReceivedBytes, ReceivingBudget } from './receiving-budget.ts';

const JSON_TYPE = /^application\/json[ \t]*(?:;|$)/i;
const NOTHING = Buffer.alloc(0);
const RECEIVED = Symbol('received bytes');

export interface BodyLimits {
  readonly limitBytes: number;
  readonly budget: ReceivingBudget;
}

/** Bodies stay the bytes that were signed, in every route of this scope: nothing is parsed before it is authenticated. */
export function keepRawBodies(scope: FastifyInstance, { limitBytes, budget }: BodyLimits): void {
  scope.removeAllContentTypeParsers();
  scope.addHook('onRequest', (request, reply, done) => {
    openReceived(request, reply, budget);
    done();
  });
  scope.addContentTypeParser(['application/json', '*'], (request, payload, done) => {
    collect(request, payload, limitBytes).then((body) => done(null, body), done);
  });
}

/** The budget of a request is released when its response was sent or its connection is closed; `close` comes after either. */
function openReceived(request: FastifyRequest, reply: FastifyReply, budget: ReceivingBudget): void {
  const received = budget.open();
  (request as { [RECEIVED]?: ReceivedBytes })[RECEIVED] = received;
  reply.raw.once('close', received.release);
}

async function collect(request: FastifyRequest, payload: Readable, limitBytes: number): Promise<Buffer> {
  const received = (request as { [RECEIVED]?: ReceivedBytes })[RECEIVED];
  if (received === undefined) throw new Error('the request has no budget');
  return collectBody(payload, { announced: announcedBytes(request), limitBytes, received });
}

export function rawBodyOf(request: FastifyRequest): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : NOTHING;
}

/**
 * For `onRequest`, before the body is read. Reading a body that will be refused is wasted work. The response reveals no more to a
 * stranger than the documentation does.
 */
export function requireJson(limitBytes: number) {
  return (request: FastifyRequest, _reply: unknown, done: (error?: Error) => void): void => {
    done(mediaProblem(request) ?? ((announcedBytes(request) ?? 0) > limitBytes ? bodyTooLarge() : undefined));
  };
}

/** `null`: the body comes in chunks. Node refuses a length that is not a number. */
function announcedBytes({ headers }: FastifyRequest): number | null {
  const length = headers['content-length'];
  return length === undefined ? null : Number(length);
}

function mediaProblem({ headers }: FastifyRequest): Problem | undefined {
  const { 'content-type': contentType, 'content-encoding': contentEncoding } = headers;
  if (contentType === undefined || !JSON_TYPE.test(contentType)) {
    return new Problem({ status: 415, code: 'content-type-unsupported', detail: 'The body must be application/json.' });
  }
  if (contentEncoding !== undefined && contentEncoding.toLowerCase() !== 'identity') {
    return new Problem({ status: 415, code: 'content-encoding-unsupported', detail: 'The body must not be compressed.' });
  }
  return undefined;
}
