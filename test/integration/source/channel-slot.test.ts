import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { createVirtualClock } from '../../../harness/virtual-clock.ts';
import { waitUntil } from '../../../harness/wait-until.ts';
import { startChannelSlot } from '../../../src/source/channel-slot.ts';
import { silent } from '../redis-scope.ts';

test('reads on from a replaced socket for ten seconds: what was sent before the new one was open may arrive after that', async () => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const sockets: WebSocket[] = [];
  server.on('connection', (socket) => sockets.push(socket));
  const clock = createVirtualClock();
  const messages: string[] = [];
  const slot = startChannelSlot(['topic'], clock.now(), {
    calls: {
      createChannel: async () => ({ id: 'c', connectUri: `ws://127.0.0.1:${port}`, expiresAt: null }),
      subscribe: async (_channel, topics) =>
        topics.map((topic) => ({ topic, accepted: true, missingPermissions: [], reason: null })),
    },
    clock,
    logger: silent,
    refused: { report: () => undefined },
    onMessage: (text) => messages.push(text),
    onGap: () => undefined,
    hasSpareChannel: () => true,
  });
  try {
    await waitUntil(() => slot.connected);
    sockets[0]?.send('{"topicName":"v2.system.socket_closing"}');
    await waitUntil(() => sockets.length === 2);
    sockets[1]?.send('new');
    await waitUntil(() => messages.includes('new'));
    sockets[0]?.send('late');
    await waitUntil(() => messages.includes('late'));
    const closed = once(sockets[0] as WebSocket, 'close');
    await clock.advance(10_000);
    await closed;
    expect(sockets[1]?.readyState).toBe(1);
  } finally {
    slot.stop();
    server.close();
  }
});
