import type { FastifyInstance } from 'fastify';
import { Problem } from './problem.ts';

/** Answers 405 with `Allow` to every method of a path but the one that it has; Fastify by itself answers 404. */
export function allowOnly(scope: FastifyInstance, method: 'GET' | 'POST', url: string): void {
  const allowed = method === 'GET' ? ['GET', 'HEAD'] : ['POST'];
  const allow = allowed.join(', ');
  scope.route({
    method: scope.supportedMethods.filter((other) => !allowed.includes(other)),
    url,
    // Before the body is read.
    onRequest: (_request, _reply, done) => done(methodNotAllowed(allow)),
    handler: () => {
      throw methodNotAllowed(allow);
    },
  });
}

function methodNotAllowed(allow: string): Problem {
  return new Problem({ status: 405, code: 'method-not-allowed', detail: `This path answers ${allow}.`, headers: { allow } });
}
