import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Server } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { systemClock } from '../../../src/genesys/clock.ts';
import { openNotificationSocket } from '../../../src/source/notification-socket.ts';
import { hasOpenssl, makeCertificates } from '../../make-certificates.ts';

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** A notification service with TLS that sends one message to whoever connects. */
async function startNotifications(): Promise<number> {
  const { ca, cert, key } = await makeCertificates('localhost');
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, ca]);
  onTestFinished(() => setDefaultCACertificates(before));
  const server = createTlsServer({ cert, key });
  new WebSocketServer({ server }).on('connection', (socket: WebSocket) => socket.send('an event'));
  return listen(server);
}

/** A proxy that opens the tunnels that are asked for, and notes them. */
async function startProxy(): Promise<{ port: number; tunnels: string[] }> {
  const tunnels: string[] = [];
  const server = createServer();
  server.on('connect', ({ url = '' }, client) => {
    tunnels.push(url);
    const target = connect(Number(new URL(`http://${url}`).port), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      target.pipe(client).pipe(target);
    });
    client.on('close', () => target.destroy());
    target.on('close', () => client.destroy());
  });
  return { port: await listen(server), tunnels };
}

/** The first message, on a connection that is closed afterwards. */
async function receiveOne(url: string): Promise<string> {
  const message = Promise.withResolvers<string>();
  const handlers = { onMessage: message.resolve, onClosingAnnounced: () => {}, onEnd: message.reject };
  const socket = await openNotificationSocket(url, handlers, systemClock);
  const text = await message.promise;
  socket.close();
  return text;
}

test.runIf(hasOpenssl)('notifications come through the proxy of HTTPS_PROXY, and directly from a host of NO_PROXY', async () => {
  onTestFinished(() => void vi.unstubAllEnvs());
  const port = await startNotifications();
  const proxy = await startProxy();
  const url = `wss://localhost:${port}/channels/1`;
  vi.stubEnv('HTTPS_PROXY', `http://127.0.0.1:${proxy.port}`);
  expect(await receiveOne(url)).toBe('an event');
  expect(proxy.tunnels).toEqual([`localhost:${port}`]);
  vi.stubEnv('NO_PROXY', 'localhost');
  expect(await receiveOne(url)).toBe('an event');
  expect(proxy.tunnels).toHaveLength(1);
});
