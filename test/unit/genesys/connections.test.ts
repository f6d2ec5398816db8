import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { openConnections } from '../../../src/genesys/connections.ts';

afterEach(() => vi.unstubAllEnvs());

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A proxy that notes where tunnels are wanted to, and opens none. */
async function startProxy(): Promise<{ url: string; tunnels: string[] }> {
  const tunnels: string[] = [];
  const server = createServer();
  server.on('connect', (request, socket) => {
    tunnels.push(request.url ?? '');
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  return { url: await listen(server), tunnels };
}

async function get(url: string): Promise<string> {
  const connections = openConnections(url, { connections: 2, timeoutMs: 5_000 });
  onTestFinished(() => connections.destroy());
  const { body } = await connections.request({ method: 'GET', path: '/where' });
  return body.text();
}

describe('connections to Genesys', () => {
  it('go through the proxy that the environment names', async () => {
    const proxy = await startProxy();
    vi.stubEnv('HTTPS_PROXY', proxy.url);
    vi.stubEnv('NO_PROXY', 'login.example.test');
    await expect(get('https://api.example.test')).rejects.toThrow();
    expect(proxy.tunnels).toEqual(['api.example.test:443']);
  });

  it('go directly to a host of NO_PROXY, and without a proxy', async () => {
    const origin = await listen(createServer((_request, response) => response.end('here')));
    const proxy = await startProxy();
    vi.stubEnv('HTTP_PROXY', proxy.url);
    vi.stubEnv('NO_PROXY', '127.0.0.1');
    expect(await get(origin)).toBe('here');
    vi.unstubAllEnvs();
    expect(await get(origin)).toBe('here');
    expect(proxy.tunnels).toEqual([]);
  });
});
