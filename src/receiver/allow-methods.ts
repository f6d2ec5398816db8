import type { FastifyInstance } from 'fastify';
import { Problem } from './problem.ts';

/** Responds with 405 and `Allow` to every method that the path does not have; Fastify's default is 404. */
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
