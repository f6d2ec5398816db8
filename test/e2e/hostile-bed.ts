import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { type DeliveryAnswer, sendDelivery } from '../../harness/send-delivery.ts';
import type { ServiceProcess } from '../../harness/service-process.ts';
import { signDelivery } from '../../simulator/sign-delivery.ts';
import { eventOf, SECRET, type ServiceBed, withService } from './with-service.ts';

export const HONEST = 'honest';
export const HOSTILE = 'hostile';
export const WEBHOOK = '/webhooks/genesys';
const PAUSE_MS = 20;
/** Far longer than an answer takes on a busy machine: who waits this long is not served. */
const STARVED_MS = 10_000;

const run = promisify(execFile);

/** A receiver that signs timestamps too, with nobody who empties its inboxes: what it lets in stays in Redis, to be counted. */
export interface HostileBed {
  readonly bed: ServiceBed;
  readonly service: ServiceProcess;
  readonly redis: Redis;
  readonly port: number;
  /** Sends an event of the conversation `honest` that was not sent before; answers when it was let in. */
  deliver(signedAt?: number, body?: string): Promise<DeliveryAnswer>;
  /** Does the work while honest deliveries arrive without end. @throws when one is not answered with 202, or the service ends */
  besideHonest(attack: () => Promise<unknown>): Promise<HonestReport>;
  /** Events that were answered as accepted. */
  accepted(): number;
  /** For events that were accepted without {@link deliver}. */
  countAccepted(events: number): void;
  residentMb(): Promise<number>;
}

/** How honest deliveries were served. */
export interface HonestReport {
  readonly deliveries: number;
  /** For people; tests that assert a time fail on busy machines. */
  readonly slowestMs: number;
}

export async function withHostileBed(
  rules: string,
  work: (hostile: HostileBed) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  await withService({ rules }, async (bed) => {
    const service = await bed.start({ env: { ROLE: 'receiver', WEBHOOK_SIGNED_CONTENT: 'timestamp.body', ...env } });
    const redis = new Redis(bed.redisUrl);
    try {
      await work(createHostileBed(bed, service, redis));
    } finally {
      redis.disconnect();
    }
  });
}

function createHostileBed(bed: ServiceBed, service: ServiceProcess, redis: Redis): HostileBed {
  let accepted = 0;
  const deliver = async (signedAt = Date.now(), body = honestEvent()) => {
    const signal = AbortSignal.timeout(STARVED_MS);
    const answer = await sendDelivery(service.url + WEBHOOK, body, { headers: signed(body, signedAt), signal });
    if (answer.status === 202) accepted += (answer.body as { accepted: number }).accepted;
    return answer;
  };
  const deliverUntil = async (ended: AbortSignal): Promise<HonestReport> => {
    let [deliveries, slowestMs] = [0, 0];
    do {
      const sentAt = performance.now();
      const { status, body } = await deliver();
      if (status !== 202) throw new Error(`an honest delivery was answered with ${status}: ${JSON.stringify(body)}`);
      deliveries += 1;
      slowestMs = Math.max(slowestMs, performance.now() - sentAt);
      await delay(PAUSE_MS, undefined, { signal: ended }).catch(() => undefined);
    } while (!ended.aborted);
    return { deliveries, slowestMs };
  };
  return {
    bed,
    service,
    redis,
    port: Number(new URL(service.url).port),
    deliver,
    besideHonest: async (attack) => {
      const ended = new AbortController();
      const honest = deliverUntil(ended.signal);
      // Nothing of what follows could happen any more: the attack would wait for it until its time is over.
      const died = service.exited.then(({ code, signal }) => {
        throw new Error(
          `the service ended (exit code ${code}, signal ${signal}; SIGKILL may be the kernel's, for want of memory)`,
        );
      });
      // Both are waited for: what goes wrong first must not hide the other's end.
      const attacked = Promise.race([attack(), died]).finally(() => ended.abort());
      const [outcome, answered] = await Promise.allSettled([attacked, honest]);
      if (outcome.status === 'rejected') throw outcome.reason;
      if (answered.status === 'rejected') throw answered.reason;
      return answered.value;
    },
    accepted: () => accepted,
    countAccepted: (events) => {
      accepted += events;
    },
    residentMb: async () => Number((await run('ps', ['-o', 'rss=', '-p', String(service.pid)])).stdout) / 1024,
  };
}

export function honestEvent(): string {
  return eventOf(HONEST, 'customer.start', { note: randomUUID() });
}

/** The headers of a delivery signed at that time (epoch milliseconds). */
export function signed(body: string | Uint8Array, signedAt = Date.now(), secret = SECRET): Record<string, string> {
  return signDelivery(secret, body, { signedContent: 'timestamp.body' }, signedAt);
}
