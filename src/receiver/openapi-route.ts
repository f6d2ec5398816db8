import type { FastifyInstance } from 'fastify';
import { allowOnly } from './allow-methods.ts';
import document from './openapi.json' with { type: 'json' };

const URL = '/openapi.json';
const CONTENT = Buffer.from(JSON.stringify(document));

/** `GET /openapi.json`: the OpenAPI document of every route. It holds no settings, so it is for everybody, in every role. */
export function addOpenApiRoute(scope: FastifyInstance): void {
  allowOnly(scope, 'GET', URL);
  scope.get(URL, async (_request, reply) => reply.header('content-type', 'application/json; charset=utf-8').send(CONTENT));
}
