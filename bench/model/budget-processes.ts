import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import pino from 'pino';
import { createVirtualClock, type VirtualClock } from '../../harness/virtual-clock.ts';
import type { Lane } from '../../src/genesys/lane.ts';
import { createRedisLimitStore, type LimitStore } from '../../src/genesys/pacing/limit-store.ts';
import { Pacer } from '../../src/genesys/pacing/pacer.ts';
import { SharedLimits } from '../../src/genesys/pacing/shared-limits.ts';
import { type Endpoint, type GenesysRequest, Sender } from '../../src/genesys/sender.ts';
import { createKeys, type RedisKeys } from '../../src/redis/keys.ts';
import { createSlot } from './create-pacer.ts';
import type { ModelledGenesys } from './limited-genesys.ts';

/** Time that moves on when every request and every call to Redis waits for it. */
export interface ModelTime {
  readonly clock: VirtualClock;
  /** Counts a call that time must wait for. */
  during<T>(call: Promise<T>): Promise<T>;
}

export function createModelTime(): ModelTime {
  let underWay = 0;
  const clock = createVirtualClock(undefined, async () => {
    do await new Promise((resolve) => setImmediate(resolve));
    while (underWay > 0);
  });
  return {
    clock,
    during: async (call) => {
      underWay += 1;
      try {
        return await call;
      } finally {
        underWay -= 1;
      }
    },
  };
}

export interface BudgetProcess {
  readonly time: ModelTime;
  readonly redis: Redis;
  readonly prefix: string;
  readonly genesys: ModelledGenesys;
  readonly tokens: number;
  readonly ratePerMinute: number;
  readonly organizationRatePerMinute: number | null;
  /** What Genesys reports of the OAuth client at start; `null`: nothing. */
  readonly applicationRatePerMinute: number | null;
  /** Milliseconds between the first tokens of the process. */
  readonly mintGapMs: number;
}

const CLIENT = 'client';
/** Conversations at work in one process, each with more to do than the rate allows. */
const CONVERSATIONS = 50;

/** One process that always has more to send than it may: its real pacer, limits and sender, with a modelled Genesys. */
export function startBudgetProcess(options: BudgetProcess): void {
  const { time, genesys, ratePerMinute, organizationRatePerMinute } = options;
  const { clock } = time;
  const logger = pino({ level: 'silent' });
  const keys = createKeys(options.prefix);
  const store = waitedFor(time, createRedisLimitStore(storeOptions(options, keys)));
  const limits = new SharedLimits({ store, clock, logger, ratePerMinute, organizationRatePerMinute });
  if (options.applicationRatePerMinute !== null) limits.limitApplication(CLIENT, options.applicationRatePerMinute);
  const startedAt = clock.monotonicMs();
  const slots = Array.from({ length: options.tokens }, (_, index) => {
    const usableAt = startedAt + index * options.mintGapMs;
    const authorization = `Bearer ${randomUUID()}`;
    const slot = createSlot(ratePerMinute, clock, CLIENT, index === 0 ? undefined : 1);
    return { ...slot, isUsable: () => clock.monotonicMs() >= usableAt, header: () => authorization };
  });
  const pacer = new Pacer({ clock, slots, limits });
  for (const index of slots.keys()) clock.setTimer(() => pacer.review(), index * options.mintGapMs);
  const config = { timeoutMs: 600_000, traceHeaders: false };
  const sender = new Sender({ config, pacer, limits, clock, logger, closing: new AbortController().signal });
  const credentials = { ready: async () => {}, header: (slot: (typeof slots)[number]) => slot.header() };
  const endpoint = { baseUrl: 'http://genesys.invalid', dispatcher: genesys.dispatcher, credentials } as Endpoint;
  for (let i = 0; i < CONVERSATIONS; i++) void work(sender, endpoint, time);
}

async function work(sender: Sender, endpoint: Endpoint, { clock }: ModelTime): Promise<void> {
  for (;;) {
    for (const request of [requestOf('GET', 'read'), requestOf('PATCH', 'write'), requestOf('GET', 'write')]) {
      // A refused job is parked until its time.
      await sender.send(endpoint, request).catch((error: { retryAt?: number | null }) => {
        const waitMs = Math.max(1, (error.retryAt ?? clock.now() + 1000) - clock.now());
        return new Promise<void>((resolve) => clock.setTimer(resolve, waitMs));
      });
    }
  }
}

function requestOf(method: 'GET' | 'PATCH', lane: Lane): GenesysRequest {
  const stage = method === 'GET' ? 'get-conversation' : 'patch-attributes';
  return { stage, lane, method, path: `/${stage}`, urlTemplate: `/${stage}`, headers: {}, body: null, conversationId: null };
}

function storeOptions({ redis, time }: BudgetProcess, keys: RedisKeys) {
  return { redis, keys, member: randomUUID(), now: () => time.clock.now() };
}

function waitedFor(time: ModelTime, store: LimitStore): LimitStore {
  return {
    lease: (...args) => time.during(store.lease(...args)),
    refuse: (...args) => time.during(store.refuse(...args)),
    find: (...args) => time.during(store.find(...args)),
  };
}
