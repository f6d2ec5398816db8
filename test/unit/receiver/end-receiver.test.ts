import { once } from 'node:events';
import { expect, test } from 'vitest';
import { endReceiver } from '../../../src/receiver/end-receiver.ts';
import { flatEvent, listen, signatureOf, startReceiver } from './harness.ts';
import { openConnection } from './raw-connection.ts';
import { requestText } from './request-text.ts';

test('a shutdown closes silent, half-open and idle connections at once, and answers what is under way as the last of its connection', async () => {
  const { promise: stored, resolve: store } = Promise.withResolvers<void>();
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const accept = async () => {
    ask();
    await stored;
    return [{ status: 'accepted' as const }];
  };
  const { app } = startReceiver({ intake: { store: { accept } } });
  const port = await listen(app);

  const silent = await openConnection(port);
  const half = await openConnection(port);
  half.write('POST /webhooks/genesys HTTP/1.1\r\nhost: x\r\n');
  const idle = await openConnection(port);
  idle.write(requestText('GET', '/healthz', {}));
  expect((await idle.answer()).status).toBe(200);
  const busy = await openConnection(port);
  const body = JSON.stringify(flatEvent());
  const headers = { 'content-type': 'application/json', 'x-genesys-signature': signatureOf(body) };
  busy.write(requestText('POST', '/webhooks/genesys', headers, body));
  await asked;

  const ended = endReceiver(app, 60_000);
  store();
  const { status, head } = await busy.answer();
  expect([status, /^connection: (.*)$/im.exec(head)?.[1]]).toEqual([202, 'close']);
  await Promise.all([silent, half, idle, busy].map(({ socket }) => socket.closed || once(socket, 'close')));
  await ended;
});
