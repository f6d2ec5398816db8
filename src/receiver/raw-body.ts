import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from './problem.ts';

const JSON_TYPE = /^application\/json[ \t]*(?:;|$)/i;
const NOTHING = Buffer.alloc(0);

/** Bodies stay the bytes that were signed, in every route of this scope: nothing is parsed before it is authenticated. */
export function keepRawBodies(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(['application/json', '*'], { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
}

export function rawBodyOf(request: FastifyRequest): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : NOTHING;
}

/**
 * For `onRequest`, before the body is read: reading what will be refused is work for nothing, and the answer tells a
 * stranger no more than the documentation does.
 */
export function requireJson(request: FastifyRequest, _reply: unknown, done: (error?: Error) => void): void {
  done(mediaProblem(request));
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
