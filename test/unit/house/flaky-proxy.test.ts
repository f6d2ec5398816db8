import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type FlakyProxy, startFlakyProxy } from '../../../harness/flaky-proxy.ts';

/** A client behind a proxy before a server that sends everything back. */
async function withEcho(work: (client: Socket, proxy: FlakyProxy) => Promise<void>): Promise<void> {
  const server = createServer((socket) => void socket.on('error', () => undefined).pipe(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = await startFlakyProxy((server.address() as AddressInfo).port);
  const client = connect(proxy.port, '127.0.0.1');
  try {
    await once(client, 'connect');
    await work(client, proxy);
  } finally {
    client.destroy();
    await proxy.stop();
    server.close();
  }
}

async function receive(client: Socket, length: number): Promise<string> {
  let text = '';
  while (text.length < length) text += String((await once(client, 'data'))[0]);
  return text;
}

describe('the flaky proxy', () => {
  it('hands on what comes, in order, also when the delay ends while something is on its way', async () => {
    await withEcho(async (client, proxy) => {
      const echo = receive(client, 6);
      client.write('a');
      expect(await receive(client, 1)).toBe('a');
      proxy.delay(50);
      client.write('bc');
      await new Promise((resolve) => setImmediate(resolve));
      proxy.delay(0);
      client.write('def');
      expect(await echo).toBe('abcdef');
    });
  });

  it('cuts both ends', async () => {
    await withEcho(async (client, proxy) => {
      client.write('a');
      await receive(client, 1);
      const closed = once(client, 'close');
      expect(proxy.cut()).toBe(1);
      await closed;
    });
  });

  it('breaks a connection for which nothing listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const proxy = await startFlakyProxy(port);
    const client = connect(proxy.port, '127.0.0.1').on('error', () => undefined);
    await once(client, 'close');
    await proxy.stop();
  });
});
