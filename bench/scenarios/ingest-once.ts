import { cpuDuring } from '../process/usage.ts';
import { type Bench, CONNECTIONS } from './scenario.ts';

/** Receivers that take in together. */
export interface Receivers {
  readonly ports: readonly number[];
  readonly pids: readonly number[];
}

/** CPU is for one event. */
export interface Ingested {
  readonly perSecond: number;
  readonly receiverMicroseconds: number;
  /** Of the receivers' main threads: without collection, compilation and the thread pool. */
  readonly mainThreadMicroseconds: number;
  readonly redisMicroseconds: number;
}

const CONVERSATIONS = 2_000;

/** Sends this many events as fast as they are answered, with nobody taking them out. */
export async function ingestOnce(bench: Bench, { ports, pids }: Receivers, salt: string, events: number): Promise<Ingested> {
  const { load, client, redis } = bench;
  await client.flushall();
  await load.prepare({ kind: 'steady', salt, events, conversations: CONVERSATIONS, perSecond: 1 });
  const measured = { receiver: pids, redis: [redis.pid] };
  const { result, cpu } = await cpuDuring(measured, () => load.runClosed(ports, CONNECTIONS));
  const perEvent = (seconds: number) => (seconds * 1e6) / events;
  return {
    perSecond: events / result.seconds,
    receiverMicroseconds: perEvent(cpu.receiver.all),
    mainThreadMicroseconds: perEvent(cpu.receiver.main),
    redisMicroseconds: perEvent(cpu.redis.all),
  };
}
