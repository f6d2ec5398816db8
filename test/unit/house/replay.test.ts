import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { signBody } from '../../../simulator/sign-delivery.ts';

const SECRET = 'a-secret-of-sixteen-bytes';
const root = join(import.meta.dirname, '..', '..', '..');

interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

function replay(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['scripts/replay.ts', ...args], { cwd: root, env }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

async function payloadFile(content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'replay-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'payload.json');
  await writeFile(file, content);
  return file;
}

async function startReceiver(status: number) {
  const requests: { headers: IncomingHttpHeaders; body: string }[] = [];
  const server = createServer(async (request, response) => {
    requests.push({ headers: request.headers, body: await text(request) });
    response.writeHead(status, { 'content-type': 'application/json' }).end('{"accepted":1}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { requests, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/genesys` };
}

describe('replay', () => {
  test('signs the bytes of the file as they are, and prints the answer', async () => {
    const receiver = await startReceiver(202);
    const content = '{ "topicName":  "v2...",\n "é": 1 }\n';
    const ran = await replay([await payloadFile(content), '--url', receiver.url], { WEBHOOK_SECRETS: `${SECRET},older` });
    expect(ran).toMatchObject({ exitCode: 0, stdout: '202\n{\n  "accepted": 1\n}\n' });
    const [request] = receiver.requests;
    expect(request?.body).toBe(content);
    expect(request?.headers['x-genesys-signature']).toBe(signBody(SECRET, content));
    expect(request?.headers['idempotency-key']).toBeUndefined();
  });

  test('signs a timestamp, uses another header, and makes a new event of it', async () => {
    const receiver = await startReceiver(202);
    const options = ['--secret', SECRET, '--header', 'X-Relay-Signature', '--timestamp', '--new-id'];
    await replay([await payloadFile('[{},{}]'), '--url', receiver.url, ...options]);
    const { headers = {}, body = '' } = receiver.requests[0] ?? {};
    expect(headers['x-relay-signature']).toBe(signBody(SECRET, `${headers['x-genesys-timestamp']}.${body}`));
    const ids = JSON.parse(body).map(({ id }: { id: string }) => id);
    expect(ids).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), expect.stringMatching(/^[0-9a-f-]{36}$/)]);
    expect(new Set(ids).size).toBe(2);
  });

  test('prints the signed request, and sends nothing, when it is a dry run', async () => {
    const receiver = await startReceiver(202);
    const ran = await replay([await payloadFile('{"a":1}'), '--url', receiver.url, '--secret', SECRET, '--dry-run']);
    expect(ran).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(signBody(SECRET, '{"a":1}')) });
    expect(ran.stdout).toMatch(/^POST http:.*\{"a":1\}\n$/s);
    expect(receiver.requests).toEqual([]);
  });

  test('ends with 1 when the service refuses the delivery', async () => {
    const receiver = await startReceiver(401);
    const ran = await replay([await payloadFile('{}'), '--url', receiver.url, '--secret', SECRET]);
    expect(ran).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/^401\n/) });
  });

  test.each([
    ['no file is named', [], /expected exactly one file/],
    ['the file is missing', ['missing.json', '--secret', SECRET], /there is no file missing\.json/],
    ['an option is mistyped', ['package.json', '--secrets', SECRET], /--secrets/],
    ['the file is no JSON', ['README.md', '--secret', SECRET], /README\.md is no JSON/],
    ['there is no secret', ['package.json'], /no secret: give --secret/],
    ['the URL is none', ['package.json', '--secret', SECRET, '--url', 'here'], /--url is no URL/],
    ['nothing listens', ['package.json', '--secret', SECRET, '--url', 'http://127.0.0.1:1/'], /nothing answers at/],
  ])('says what to do when %s', async (_, args, message) => {
    const ran = await replay(args);
    expect(ran).toMatchObject({ exitCode: 2, stdout: '' });
    expect(ran.stderr).toMatch(message);
    expect(ran.stderr).not.toContain(SECRET);
  });
});
