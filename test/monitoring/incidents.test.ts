import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { CHECKOUT } from '../../harness/checkout.ts';
import { findFreePort } from '../../harness/find-free-port.ts';
import { startRedisChild } from '../../harness/redis.ts';
import type { RedisChild } from '../../harness/redis-child.ts';
import type { ServiceProcess } from '../../harness/service-process.ts';
import { eventOf, post, type ServiceBed, withService } from '../e2e/with-service.ts';
import { queriesWithoutData } from './query-prometheus.ts';
import { PROMETHEUS, type RunningPrometheus, startPrometheus } from './run-prometheus.ts';

const run = promisify(execFile);
if (PROMETHEUS === null) console.log('not run: alerts in incidents (needs prometheus on the PATH; apt-get install prometheus)');

const RULES = `rules:
  - name: tag
    when: { topic: v2.detail.events.conversation.*.customer.start }
    target: { purpose: customer }
    actions: [{ setAttributes: { seen: "true" } }]
  - name: gone
    when: { topic: v2.detail.events.conversation.*.user.start }
    actions: [{ transfer: { queueId: 5c1e6a40-98b7-4c3e-8f5d-0d3b7a1c2eff } }]
  - name: broken
    when: { topic: v2.detail.events.conversation.*.customer.start, if: "event.body.missing.deeper == 1" }
    actions: [{ setAttributes: { seen: "false" } }]
`;
const PARTICIPANTS = { participants: [{ purpose: 'customer' }, { purpose: 'agent' }] };
/** Far more requests at once than `SLOW_RATE` lets through in 10 s. */
const BURST = 24;
const SLOW_RATE = '240';

const hostOf = ({ url }: ServiceProcess) => new URL(url).host;

/** Delivers an event of each of so many new conversations. */
async function deliver({ simulator }: ServiceBed, service: ServiceProcess, count: number, kind?: string): Promise<void> {
  const ids = Array.from({ length: count }, () => simulator.createConversation(PARTICIPANTS).id);
  await Promise.all(ids.map((id) => post(service, eventOf(id, kind))));
}

/** Does it again and again until the alert fires. */
async function until(fires: Promise<void>, work: () => Promise<unknown>): Promise<void> {
  let over = false;
  const done = fires.finally(() => {
    over = true;
  });
  while (!over) await Promise.all([work(), delay(200)]);
  await done;
}

async function deletedQueue(prometheus: RunningPrometheus, bed: ServiceBed, service: ServiceProcess): Promise<void> {
  await deliver(bed, service, 1, 'user.start');
  await service.waitForLog(({ outcomes }) => /queue-not-found/.test(JSON.stringify(outcomes)));
  await prometheus.fires('HookpatchDeadLetters');
  await prometheus.fires('HookpatchDeadLettersWaiting');
  const env = { ...process.env, REDIS_URL: bed.redisUrl, REDIS_PREFIX: bed.prefix };
  await run(process.execPath, ['scripts/dead-letters.ts', 'drop', '--reason', 'queue-not-found'], { cwd: CHECKOUT, env });
  await prometheus.clears('HookpatchDeadLettersWaiting');
  await prometheus.clears('HookpatchDeadLetters');
}

async function wrongSecret(prometheus: RunningPrometheus, service: ServiceProcess): Promise<void> {
  await until(prometheus.fires('HookpatchUnauthorized'), () => post(service, eventOf('a'), 'a-secret-that-is-not-the-right-one'));
  await prometheus.clears('HookpatchUnauthorized');
}

async function tooManyEvents(prometheus: RunningPrometheus, bed: ServiceBed, service: ServiceProcess): Promise<void> {
  await deliver(bed, service, BURST);
  await prometheus.fires('HookpatchInboxOld');
  await prometheus.fires('HookpatchBudgetExhausted');
  await prometheus.clears('HookpatchInboxOld');
  await prometheus.clears('HookpatchBudgetExhausted');
}

/** Genesys answers everything that is under way with a 429. */
async function paused(prometheus: RunningPrometheus, bed: ServiceBed, service: ServiceProcess): Promise<void> {
  bed.simulator.addFault({ call: 'get-conversation', status: 429, retryAfterSeconds: 65, latencyMs: 500, times: BURST });
  await deliver(bed, service, BURST);
  await prometheus.fires('HookpatchGenesysPaused');
  await prometheus.fires('HookpatchRateLimited');
  await prometheus.clears('HookpatchGenesysPaused');
  // What waits for the end of the pause would keep HookpatchInboxOld firing for a minute.
  const redis = new Redis(bed.redisUrl);
  await redis.flushall();
  redis.disconnect();
  await prometheus.clears('HookpatchRateLimited');
}

async function redisStops(
  prometheus: RunningPrometheus,
  { redis, bed, service }: { redis: RedisChild; bed: ServiceBed; service: ServiceProcess },
): Promise<void> {
  await redis.kill();
  await until(prometheus.fires('HookpatchNotStoring'), () => deliver(bed, service, 1));
  await prometheus.fires('HookpatchRedisAway');
  await redis.restart();
  await prometheus.clears('HookpatchRedisAway');
  await prometheus.clears('HookpatchNotStoring');
}

test.runIf(PROMETHEUS !== null)(
  'every alert fires in a real incident and clears when it is over, and every query of the dashboard has data',
  async () => {
    const redis = await startRedisChild();
    onTestFinished(() => redis.stop());
    await withService({ rules: RULES }, (usual) =>
      withService({ rules: RULES }, (slow) =>
        withService({ rules: RULES, redisUrl: redis.url }, async (frail) => {
          const onItsPort = { env: { PORT: String(await findFreePort()) } };
          const [main, limited, doomed] = await Promise.all([
            usual.start({ env: { GENESYS_NAMED_USERS: 'CX3:50' } }),
            slow.start({ env: { GENESYS_RATE_PER_MINUTE: SLOW_RATE } }),
            frail.start(onItsPort),
          ]);
          const hosts = [main, limited, doomed].map(hostOf);
          const prometheus = await startPrometheus(hosts);
          await deliver(usual, main, 5);
          await Promise.all([
            deletedQueue(prometheus, usual, main),
            wrongSecret(prometheus, main),
            tooManyEvents(prometheus, slow, limited),
            paused(prometheus, frail, doomed),
          ]);
          expect(await queriesWithoutData(prometheus.url)).toEqual([]);
          await redisStops(prometheus, { redis, bed: frail, service: doomed });

          await doomed.kill();
          await prometheus.fires('HookpatchDown');
          await frail.start(onItsPort);
          await prometheus.clears('HookpatchDown');

          await prometheus.scrape([]);
          await prometheus.fires('HookpatchAbsent');
          await prometheus.scrape(hosts);
          await prometheus.clears('HookpatchAbsent');
        }),
      ),
    );
  },
);
