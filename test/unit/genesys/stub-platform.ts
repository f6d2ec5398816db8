import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** Names as they were on the wire. */
  readonly headerNames: readonly string[];
  readonly body: string;
}

export type Reply =
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  /** Closes the connection without an answer. */
  | 'drop'
  /** Closes it in the middle of a body. */
  | 'drop-midway'
  /** Never answers. */
  | 'hang'
  /** Answers the head and a part of the body, then nothing. */
  | 'hang-midway';

export type Replier = (request: ReceivedRequest, number: number) => Reply | Promise<Reply>;

/** A login and API host that answers what a test says, on loopback; what it received is kept. */
export interface StubPlatform {
  readonly url: string;
  readonly tokenRequests: ReceivedRequest[];
  readonly apiRequests: ReceivedRequest[];
  /** `number` counts the requests of the kind, from 1. */
  replyToToken: Replier;
  replyToApi: Replier;
  close(): Promise<void>;
}

export const CONVERSATION = { id: 'c-1', startTime: '2026-11-20T12:00:00Z', participants: [{ id: 'p-1', purpose: 'customer' }] };

export async function startStubPlatform(): Promise<StubPlatform> {
  const server = createServer((request, response) => void answer(request, response));
  const stub: StubPlatform = {
    url: await listen(server),
    tokenRequests: [],
    apiRequests: [],
    replyToToken: (_, number) => ({ body: { access_token: `token-${number}`, token_type: 'bearer', expires_in: 86_400 } }),
    replyToApi: () => ({ body: CONVERSATION }),
    close: () => closeServer(server),
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const received = await receive(request);
    const isToken = received.path === '/oauth/token';
    const requests = isToken ? stub.tokenRequests : stub.apiRequests;
    const number = requests.push(received);
    send(response, await (isToken ? stub.replyToToken : stub.replyToApi)(received, number));
  }

  return stub;
}

async function receive(request: IncomingMessage): Promise<ReceivedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    headers: request.headers,
    headerNames: request.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()),
    body: Buffer.concat(chunks).toString(),
  };
}

function send(response: ServerResponse, reply: Reply): void {
  if (reply === 'hang') return;
  if (reply === 'drop') {
    response.destroy();
    return;
  }
  if (reply === 'hang-midway' || reply === 'drop-midway') {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('{"part', () => reply === 'drop-midway' && response.destroy());
    return;
  }
  const { status = 200, headers = {}, body } = reply;
  response.writeHead(status, headers);
  response.end(typeof body === 'string' || body === undefined ? body : JSON.stringify(body));
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
