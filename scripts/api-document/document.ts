import { z } from 'zod';
import packageJson from '../../package.json' with { type: 'json' };
import type { ActionSyntaxes } from '../../src/rules/action-syntax.ts';
import { createCommandSchema } from '../../src/rules/parse-command.ts';
import { suggest } from '../../src/rules/suggest.ts';
import { eventBridgeEvent, eventGridEvent, flatEvent, notificationEvent } from './event-schemas.ts';
import { type Content, listOperations, type Operation, type ResponseDocs, type SecurityScheme } from './operations.ts';
import { commandStatus, conversationId, problem, readiness, receipt, story, traceContext } from './schemas.ts';

export type ApiDocument = Readonly<Record<string, unknown>>;

const DESCRIPTION = `The HTTP interface of hookpatch. Every error is a problem document with a stable \`code\`, also those that every
request can get: 404, 405 (with \`Allow\`), 408, 414, 431 and 500. Every GET has a HEAD. A worker and a source have neither events nor
commands. \`/admin\` is there with \`ADMIN_TOKEN\` only; with \`ADMIN_PORT\` it, \`/readyz\` and \`/metrics\` are on that port.`;

const SECURITY_SCHEMES: Readonly<Record<SecurityScheme, object>> = {
  signature: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Genesys-Signature',
    description:
      'HMAC-SHA-256 over the raw body, with the secret as its key, as hex, base64 or base64url. `X-Hub-Signature-256` is read too, ' +
      'and WEBHOOK_SIGNATURE_HEADER names another header. docs/signing.md shows how.',
  },
  apiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key', description: 'One of WEBHOOK_API_KEYS.' },
  bearer: { type: 'http', scheme: 'bearer', description: 'The ADMIN_TOKEN.' },
  basic: { type: 'http', scheme: 'basic', description: 'The ADMIN_TOKEN as the password of any user.' },
};

/** The schemas that have a name in the document; the others are written out where they are used. */
const NAMED_REQUESTS = {
  FlatEvent: flatEvent,
  NotificationEvent: notificationEvent,
  EventBridgeEvent: eventBridgeEvent,
  EventGridEvent: eventGridEvent,
};
const NAMED_RESPONSES = {
  Problem: problem,
  Receipt: receipt,
  CommandStatus: commandStatus,
  Story: story,
  TraceContext: traceContext,
  Readiness: readiness,
};

/** What is sent may have more members than it should; what is returned has these and no others. */
type Direction = 'input' | 'output';

/** The OpenAPI 3.1 document of every route. @param syntaxes the kinds of action that commands may have */
export function createApiDocument(syntaxes: ActionSyntaxes): ApiDocument {
  const command = createCommandSchema(syntaxes);
  const requests = { ...NAMED_REQUESTS, Command: command };
  const named: Readonly<Record<string, z.ZodType>> = { ...requests, ...NAMED_RESPONSES };
  const names = new Map(Object.entries(named).map(([name, schema]) => [schema, name]));
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of listOperations(command)) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describeOperation(operation, names) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'hookpatch', version: packageJson.version, description: DESCRIPTION.replaceAll('\n', ' '), license: LICENSE },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: Object.fromEntries([...writtenOut(requests, 'input'), ...writtenOut(NAMED_RESPONSES, 'output')]),
      securitySchemes: SECURITY_SCHEMES,
    },
  };
}

const LICENSE = { name: 'Apache-2.0', identifier: 'Apache-2.0' };

function writtenOut(schemas: Readonly<Record<string, z.ZodType>>, direction: Direction): [string, object][] {
  return Object.entries(schemas).map(([name, schema]) => [name, toJsonSchema(schema, direction, NO_NAMES)]);
}

type Names = ReadonlyMap<z.core.$ZodType, string>;

const NO_NAMES: Names = new Map();

function describeOperation(operation: Operation, names: Names): object {
  const { id, tag, summary, security, request, responses } = operation;
  const described = Object.entries(responses).map(([status, response]) => [status, describeResponse(response, names)]);
  return {
    operationId: id,
    tags: [tag],
    summary,
    security: security.map((scheme) => ({ [scheme]: [] })),
    parameters: parametersOf(operation),
    ...(request === null ? {} : { requestBody: { required: true, content: describeContent(request, 'input', names) } }),
    responses: Object.fromEntries(described),
  };
}

function parametersOf({ path, headers = {}, query = {} }: Operation): object[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => {
    const schema = name === 'conversationId' ? toJsonSchema(conversationId, 'input', NO_NAMES) : { type: 'string' };
    return { name, in: 'path', required: true, schema };
  });
  const optional =
    (where: 'header' | 'query') =>
    ([name, description]: [string, string]) => {
      return { name, in: where, required: false, description, schema: { type: 'string' } };
    };
  return [...inPath, ...Object.entries(headers).map(optional('header')), ...Object.entries(query).map(optional('query'))];
}

function describeResponse({ description, content }: ResponseDocs, names: Names): object {
  return { description, ...(content === null ? {} : { content: describeContent(content, 'output', names) }) };
}

function describeContent({ type, schema }: Content, direction: Direction, names: Names): object {
  return { [type]: { schema: toJsonSchema(schema, direction, names) } };
}

/** @param names the schemas that are referred to by name; the others are written out */
function toJsonSchema(schema: z.ZodType, io: Direction, names: Names): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    override: (context) => {
      suggest(context);
      const name = names.get(context.zodSchema);
      if (name !== undefined) referTo(context.jsonSchema, name);
    },
  });
  return rest;
}

/** Replaces the content of a schema. */
function referTo(jsonSchema: Record<string, unknown>, name: string): void {
  for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
  jsonSchema.$ref = `#/components/schemas/${name}`;
}
