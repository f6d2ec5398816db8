import { writeFile } from 'node:fs/promises';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { startRedisChild } from '../../harness/redis.ts';
import { sendDelivery } from '../../harness/send-delivery.ts';
import { startService } from '../../harness/service-process.ts';
import { removeKeys } from '../../harness/unique-prefix.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { eventOf, patchesIn, post, SECRET, withService } from './with-service.ts';

const RULES = `
rules:
  - name: tag
    when: { topic: "v2.detail.events.conversation.*.customer.start" }
    target: { purpose: customer }
    actions:
      - setAttributes: { tier: platinum, "n-\${event.mediaType}": "\${event.id}" }
`;
const rules = RULES;
const CUSTOMER = { id: 'p-customer', purpose: 'customer' };

describe('the service, from outside', () => {
  it('runs from the environment alone: a signed EventBridge event becomes attributes of the live conversation', async () => {
    await withService({ rules }, async ({ simulator, start }) => {
      const service = await start({ viaNpm: true });
      const { id } = simulator.createConversation({ participants: [CUSTOMER] });
      const answer = await post(service, eventOf(id));
      expect(answer.status).toBe(202);
      expect(answer.body).toMatchObject({ accepted: 1, duplicate: 0, ignored: 0, events: [{ status: 'accepted' }] });
      await service.waitForLog((line) => line.msg === 'event processed');
      expect(simulator.conversation(id)?.participants[0]?.attributes.tier).toBe('platinum');
      const written = JSON.stringify([service.logs, service.output]);
      for (const secret of [SECRET, simulator.clientSecret, 'platinum']) expect(written).not.toContain(secret);
    });
  });

  it('patches once for an event that is sent 50 times at once', async () => {
    await withService({ rules }, async ({ simulator, start }) => {
      const service = await start();
      const { id } = simulator.createConversation({ participants: [CUSTOMER] });
      const event = eventOf(id);
      const answers = await Promise.all(Array.from({ length: 50 }, () => post(service, event)));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
      expect(answers.filter(({ body }) => (body as { accepted: number }).accepted === 1)).toHaveLength(1);
      await service.waitForLog((line) => line.msg === 'event processed');
      expect(patchesIn(simulator)).toHaveLength(1);
    });
  });

  it('refuses what is not signed with the secret, and asks Redis nothing for it', async () => {
    // One of its own: other tests ask the shared one at the same time.
    const redis = await startRedisChild();
    try {
      await withService({ rules, redisUrl: redis.url }, async ({ start }) => {
        const service = await start({ env: { ROLE: 'receiver' } });
        const observer = new Redis(redis.url);
        // The first answer waits until the connections that the service opens at its start are quiet.
        const quiet = await waitUntil(async () => {
          const before = await commandsProcessed(observer);
          return (await commandsProcessed(observer)) === before + 1 && before + 1;
        });
        const event = eventOf('c-1');
        const url = `${service.url}/webhooks/genesys`;
        const bad = [{}, { 'x-genesys-signature': 'abc' }, { 'x-genesys-signature': 'zz'.repeat(32) }];
        const answers = [
          ...(await Promise.all(bad.map((headers) => sendDelivery(url, event, { headers })))),
          await post(service, event, 'a-different-secret-of-16-bytes'),
        ];
        expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
        // Only the INFO before: each counts itself in the next one's answer.
        expect(await commandsProcessed(observer)).toBe(quiet + 1);
        observer.disconnect();
      });
    } finally {
      await redis.stop();
    }
  });

  it('loses nothing when the worker is killed between GET and PATCH', async () => {
    await withService({ rules }, async ({ simulator, start }) => {
      const receiver = await start({ env: { ROLE: 'receiver' } });
      const first = await start({ env: { ROLE: 'worker' } });
      const { id } = simulator.createConversation({ participants: [CUSTOMER] });
      simulator.addFault({ call: 'get-conversation', latencyMs: 60_000 });
      expect((await post(receiver, eventOf(id))).status).toBe(202);
      await waitUntil(() => simulator.journal().some(({ call }) => call === 'get-conversation'));
      await first.kill();
      const second = await start({ env: { ROLE: 'worker' } });
      await second.waitForLog((line) => line.msg === 'event processed', 40_000);
      expect(simulator.conversation(id)?.participants[0]?.attributes.tier).toBe('platinum');
    });
  });

  it('loses nothing when the receiver is killed between inbox and job: the repeated delivery makes good', async () => {
    await withService({ rules }, async ({ simulator, start, redisUrl, prefix }) => {
      const { id } = simulator.createConversation({ participants: [CUSTOMER] });
      const event = eventOf(id);
      const receiver = await start({ env: { ROLE: 'receiver' } });
      await post(receiver, event);
      await receiver.kill();
      // As if it had been killed before it added the job.
      await removeKeys(redisUrl, `${prefix}:conversations`);
      const service = await start();
      expect((await post(service, event)).body).toMatchObject({ duplicate: 1 });
      await service.waitForLog((line) => line.msg === 'event processed');
      expect(patchesIn(simulator)).toHaveLength(1);
    });
  });

  it('answers 503 with Retry-After within 2 s while Redis is away, and recovers by itself', async () => {
    const redis = await startRedisChild();
    try {
      await withService({ rules, redisUrl: redis.url }, async ({ simulator, start }) => {
        const service = await start();
        const { id } = simulator.createConversation({ participants: [CUSTOMER] });
        const event = eventOf(id);
        redis.pause();
        await expectRefused(() => post(service, event));
        redis.resume();
        await redis.kill();
        await expectRefused(() => post(service, event));
        expect((await fetch(`${service.url}/readyz`)).status).toBe(503);
        expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
        await redis.restart();
        await waitUntil(async () => (await post(service, event)).status === 202, { what: 'a 202 after the outage' });
        await service.waitForLog((line) => line.msg === 'event processed', 30_000);
        expect(patchesIn(simulator)).toHaveLength(1);
      });
    } finally {
      await redis.stop();
    }
  });

  it('starts without Redis, waits, and is ready when it comes', async () => {
    const redis = await startRedisChild();
    try {
      await withService({ rules, redisUrl: redis.url }, async ({ simulator, start }) => {
        await redis.kill();
        const service = await start({ until: 'listening' });
        expect((await fetch(`${service.url}/readyz`)).status).toBe(503);
        await redis.restart();
        await waitUntil(async () => (await fetch(`${service.url}/readyz`)).ok, { what: 'readiness' });
        const { id } = simulator.createConversation({ participants: [CUSTOMER] });
        expect((await post(service, eventOf(id))).status).toBe(202);
        await service.waitForLog((line) => line.msg === 'event processed', 30_000);
      });
    } finally {
      await redis.stop();
    }
  });

  it('reloads the rules at SIGHUP, and keeps the old ones when the new file is wrong', async () => {
    await withService({ rules }, async ({ start, rulesFile }) => {
      const service = await start({ env: { ROLE: 'receiver' } });
      const statusOf = async () => {
        const { body } = await post(service, eventOf('c-1', 'customer.end'));
        return (body as { events: { status: string }[] }).events[0]?.status;
      };
      expect(await statusOf()).toBe('ignored');
      await writeFile(rulesFile, RULES.replace('setAttributes', 'setAttribute'));
      process.kill(service.pid, 'SIGHUP');
      const refused = await service.waitForLog((line) => line.msg === 'rules file refused');
      expect(refused.fault).toMatch(/rules\.yaml:\d+:\d+/);
      expect(await statusOf()).toBe('ignored');
      await writeFile(rulesFile, RULES.replace('customer.start', '**'));
      process.kill(service.pid, 'SIGHUP');
      await service.waitForLog((line) => line.msg === 'rules reloaded');
      expect(await statusOf()).toBe('accepted');
    });
  });

  it('reads the admin token again at SIGHUP', async () => {
    await withService({ rules }, async ({ start, rulesFile }) => {
      const tokenFile = `${rulesFile}.token`;
      await writeFile(tokenFile, 'the-first-admin-token');
      const service = await start({ env: { ROLE: 'receiver', ADMIN_TOKEN_FILE: tokenFile } });
      const statusFor = async (token: string) => {
        const headers = { authorization: `Bearer ${token}` };
        const { status } = await fetch(`${service.url}/admin/waiting`, { headers });
        return status;
      };
      expect(await Promise.all([statusFor('the-first-admin-token'), statusFor('the-second-admin-token')])).toEqual([200, 401]);
      await writeFile(tokenFile, 'the-second-admin-token');
      process.kill(service.pid, 'SIGHUP');
      const read = await service.waitForLog((line) => line.msg === 'secrets read again');
      expect(read.changed).toEqual(['ADMIN_TOKEN']);
      expect(await Promise.all([statusFor('the-first-admin-token'), statusFor('the-second-admin-token')])).toEqual([401, 200]);
    });
  });

  it('finishes what it has begun at SIGTERM, and exits with 0', async () => {
    await withService({ rules }, async ({ simulator, start }) => {
      const service = await start();
      const { id } = simulator.createConversation({ participants: [CUSTOMER] });
      simulator.addFault({ call: 'get-conversation', latencyMs: 1000 });
      await post(service, eventOf(id));
      await waitUntil(() => simulator.journal().some(({ call }) => call === 'get-conversation'));
      expect(await service.stop()).toEqual({ code: 0, signal: null });
      expect(service.logs.some((line) => line.msg === 'event processed')).toBe(true);
      expect(patchesIn(simulator)).toHaveLength(1);
    });
  });

  it('does not start on a wrong configuration, and names every fault at once', async () => {
    const env = { PORT: 'eighty', WEBHOOK_SECRETS: 'short', GENESYS_REGION: 'moon-1', RULES_FILE: '/nowhere/rules.yaml' };
    const failure = await startService({ env, until: 'listening' }).catch((error: Error) => error);
    expect(failure).toMatchObject({ name: 'ServiceEndedError', exit: { code: 1 } });
    for (const name of [
      'PORT',
      'WEBHOOK_SECRETS',
      'GENESYS_REGION',
      'REDIS_URL',
      'GENESYS_CLIENT_ID',
      'GENESYS_CLIENT_SECRET',
      '/nowhere/rules.yaml',
    ]) {
      expect((failure as Error).message).toContain(name);
    }
  });
});

async function expectRefused(send: () => ReturnType<typeof post>): Promise<void> {
  const answer = await Promise.race([send(), new Promise<null>((resolve) => setTimeout(resolve, 2000, null))]);
  expect(answer?.status).toBe(503);
  expect(answer?.headers.get('retry-after')).toMatch(/^\d+$/);
}

async function commandsProcessed(redis: Redis): Promise<number> {
  const info = await redis.info('stats');
  return Number(/total_commands_processed:(\d+)/.exec(info)?.[1]);
}
