import type { Dispatcher } from 'undici';

/** The limit of an error body; the rest is not read. */
const ERROR_BODY_LIMIT_BYTES = 64 * 1024;
/** A conversation with hundreds of participants has some hundred kilobytes. */
const BODY_LIMIT_BYTES = 8 * 1024 * 1024;

/** Codes of Node.js for a connection that was never established: nothing was sent. */
const NOT_CONNECTED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
]);

export type HttpMethod = 'GET' | 'PATCH' | 'POST' | 'PUT';

export interface HttpRequest {
  readonly method: HttpMethod;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** Measured from here until the last byte of the response. */
  readonly timeoutMs: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The body, cut at 64 KiB when the status is an error. */
  readonly text: string;
}

/** There was no complete response. Whether the request was executed is not known, unless `code` is `connection.refused`. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  readonly failure: 'timeout' | 'connection';
  readonly code: 'timeout' | 'connection.refused' | 'connection.lost';
  /** Whether the head of a response had arrived. */
  readonly answerBegan: boolean;

  constructor(fields: Pick<NoAnswer, 'failure' | 'code' | 'message' | 'answerBegan'>, cause: unknown) {
    super(fields.message, { cause });
    this.failure = fields.failure;
    this.code = fields.code;
    this.answerBegan = fields.answerBegan;
  }
}

/**
 * Sends one request and reads its response, whatever the status.
 * @throws NoAnswer
 */
export async function exchange(dispatcher: Dispatcher, request: HttpRequest): Promise<HttpAnswer> {
  // `AbortSignal.timeout` would keep its timer and make an error for each request, long after the request has ended.
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), request.timeoutMs);
  let answerBegan = false;
  try {
    const { method, path, headers, body } = request;
    const response = await dispatcher.request({ method, path, headers, body, signal: timeout.signal });
    answerBegan = true;
    const limit = response.statusCode < 400 ? BODY_LIMIT_BYTES : ERROR_BODY_LIMIT_BYTES;
    return { status: response.statusCode, headers: response.headers, text: await readText(response.body, limit) };
  } catch (error) {
    throw noAnswer(error, timeout.signal.aborted, request.timeoutMs, answerBegan);
  } finally {
    clearTimeout(timer);
  }
}

/** Stops at the limit and closes the connection: the rest is not worth waiting for. */
async function readText(body: AsyncIterable<Buffer>, limitBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= limitBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, limitBytes).toString('utf8');
}

function noAnswer(error: unknown, timedOut: boolean, timeoutMs: number, answerBegan: boolean): NoAnswer {
  const { code = 'unknown', message } = error as { code?: string | number; message?: string };
  if (timedOut || code === 'UND_ERR_CONNECT_TIMEOUT') {
    return new NoAnswer({ failure: 'timeout', code: 'timeout', message: `no answer within ${timeoutMs} ms`, answerBegan }, error);
  }
  const refused = NOT_CONNECTED.has(String(code));
  const what = refused ? 'no connection' : 'connection lost';
  const fields = { failure: 'connection', code: refused ? 'connection.refused' : 'connection.lost', answerBegan } as const;
  return new NoAnswer({ ...fields, message: `${what} (${code}: ${message})` }, error);
}

/** The first value of a header; `name` in lower case. */
export function headerOf(answer: HttpAnswer, name: string): string | null {
  const value = answer.headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? null;
}

/** `undefined` when the text is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
