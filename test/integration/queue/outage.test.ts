import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startRedisChild } from '../../../harness/redis.ts';
import type { RedisChild } from '../../../harness/redis-child.ts';
import { waitUntil } from '../../../harness/wait-until.ts';
import { createInbox } from '../../../src/inbox/redis-inbox.ts';
import { createDeliveryStore } from '../../../src/intake/delivery-store.ts';
import { createConversationQueue } from '../../../src/queue/conversation-queue.ts';
import { createRedisConnection } from '../../../src/redis/connection.ts';
import { sampleEntry } from '../../sample-entry.ts';
import { silent } from '../redis-scope.ts';

/** What a sender is promised. */
const ANSWER_WITHIN_MS = 2_000;
const prefix = '{outage}';

let redis: RedisChild;
beforeAll(async () => {
  redis = await startRedisChild();
});
afterAll(() => redis.stop());

function openStore(url: string) {
  const connection = createRedisConnection({ urls: [url], prefix }, 'producer', silent);
  const inbox = createInbox({ redis: connection, prefix, dedupSeconds: 60 });
  const queue = createConversationQueue({ connection, prefix, logger: silent });
  const store = createDeliveryStore({ inbox, queue });
  return {
    accept: (id: string) => store.accept([sampleEntry(id, id)]),
    connection,
    [Symbol.dispose]: () => connection.disconnect(),
  };
}

/** A hang counts as an answer that came too late. */
async function outcomeInTime(accepting: Promise<unknown>): Promise<string> {
  const late = delay(ANSWER_WITHIN_MS, 'too late', { ref: false });
  return Promise.race([
    accepting.then(
      () => 'accepted',
      () => 'rejected',
    ),
    late,
  ]);
}

/** Between client and Redis; `swallow` makes the connections that are open now carry nothing any more. */
async function startProxy(port: number) {
  const sockets: Socket[] = [];
  const proxy = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
    sockets.push(client, upstream);
    client.pipe(upstream).pipe(client);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const swallow = () => {
    for (const socket of sockets) socket.unpipe().pause();
  };
  onTestFinished(() => {
    proxy.close();
    for (const socket of sockets) socket.destroy();
  });
  return { url: `redis://127.0.0.1:${(proxy.address() as AddressInfo).port}`, swallow };
}

const untilAccepted = (accept: () => Promise<unknown>) =>
  waitUntil(() => accept().then(() => true), { what: 'an accepted delivery' });

describe('while Redis is away, a delivery is refused in time, and accepted when Redis is back', () => {
  it('when Redis was killed', async () => {
    using store = openStore(redis.url);
    await untilAccepted(() => store.accept('before'));
    await redis.kill();
    expect(await outcomeInTime(store.accept('during'))).toBe('rejected');
    await redis.restart();
    await untilAccepted(() => store.accept('after'));
  });

  it('when Redis does not answer', async () => {
    using store = openStore(redis.url);
    await untilAccepted(() => store.accept('before-pause'));
    redis.pause();
    expect(await outcomeInTime(store.accept('during-pause'))).toBe('rejected');
    redis.resume();
    await untilAccepted(() => store.accept('after-pause'));
  });

  it('when the network swallows what is sent', async () => {
    const proxy = await startProxy(redis.port);
    using store = openStore(proxy.url);
    await untilAccepted(() => store.accept('before-swallowing'));
    proxy.swallow();
    expect(await outcomeInTime(store.accept('swallowed'))).toBe('rejected');
    await untilAccepted(() => store.accept('after-swallowing'));
  });

  it('when Redis was not there at the start', async () => {
    await redis.kill();
    using store = openStore(redis.url);
    expect(await outcomeInTime(store.accept('too-early'))).toBe('rejected');
    await redis.restart();
    await untilAccepted(() => store.accept('in-time'));
  });

  it('when Redis goes away again and again while the queue is opened', async () => {
    for (let round = 0; round < 3; round += 1) {
      using store = openStore(redis.url);
      const accepting = store.connection.status === 'ready' ? store.accept(`round-${round}`) : Promise.resolve();
      await redis.kill();
      await accepting.catch(() => undefined);
      await redis.restart();
      await untilAccepted(() => store.accept(`round-${round}-after`));
    }
  });
});
