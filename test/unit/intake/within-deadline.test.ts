import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { createWithinDeadline, StoreUnavailableError } from '../../../src/intake/within-deadline.ts';

const DEADLINE_MS = 240;
const withinDeadline = createWithinDeadline(DEADLINE_MS);

function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

it('a response that came while the process was busy counts, however late the process finds it', async () => {
  const server = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(client, 'connect');
  const asked = withinDeadline(async () => {
    client.write('x');
    return String((await once(client, 'data'))[0]);
  });
  block(DEADLINE_MS + 10);
  expect(await asked).toBe('x');
  client.destroy();
  server.close();
});

it('no response at all is a failure', async () => {
  const asked = withinDeadline(() => new Promise(() => undefined));
  await expect(asked).rejects.toThrow(StoreUnavailableError);
  await expect(asked).rejects.toMatchObject({ cause: { code: 'store.deadline' } });
});
