import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Scope } from '../process/scope.ts';
import { type RunningProcess, startProcess } from '../process/start-process.ts';
import { cpuDuring } from '../process/usage.ts';
import { atLeastTimes } from '../row.ts';
import { hookpatch } from '../targets/hookpatch.ts';
import { UNPACED_PER_MINUTE } from '../targets/target.ts';
import { alternate, type Bench, CONNECTIONS, type Scenario } from './scenario.ts';

const EVENTS = 25_000;
const CONVERSATIONS = 2_000;
const WARM_UP_EVENTS = 10_000;
const ROUNDS = 3;

interface Sample {
  readonly perSecond: number;
  /** Of the receiver, for one event. */
  readonly cpuMicroseconds: number;
}

/** What tracing costs a receiver: a tenth of the traces, in batches, to an endpoint that takes everything. */
export const ingestTraced: Scenario = {
  name: 'ingest-traced',
  run: async (bench, scope) => {
    const receivers = await startReceivers(bench, scope);
    const measure = (receiver: RunningProcess) => (round: number) => measureReceiver(bench, receiver, `ingest ${round}`, EVENTS);
    for (const receiver of Object.values(receivers)) await measureReceiver(bench, receiver, 'warm-up', WARM_UP_EVENTS);
    const { traced, untraced } = await alternate(ROUNDS, {
      traced: measure(receivers.traced),
      untraced: measure(receivers.untraced),
    });
    const row = (metric: string, figure: keyof Sample) => ({
      scenario: 'ingest-traced',
      metric: `${metric}, 10 % traced`,
      ours: traced.map((sample) => sample[figure]),
      reference: { name: 'tracing off', samples: untraced.map((sample) => sample[figure]) },
    });
    return [
      { ...row('accepted events/s', 'perSecond'), goal: atLeastTimes(0.8, 'tracing off') },
      { ...row('CPU us/event, receiver', 'cpuMicroseconds'), goal: null },
    ];
  },
};

async function startReceivers({ redis, client }: Bench, scope: Scope) {
  const spec = hookpatch.receiver({ redisUrl: redis.url, platformUrl: '', ratePerMinute: UNPACED_PER_MINUTE });
  const tracing = {
    OTEL_EXPORTER_OTLP_ENDPOINT: (await scope.add(startSink())).url,
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0.1',
  };
  await client.flushall();
  return {
    untraced: await scope.add(startProcess(spec)),
    traced: await scope.add(startProcess({ ...spec, env: { ...spec.env, ...tracing } })),
  };
}

/** How many events a second a receiver takes, on an empty Redis. */
async function measureReceiver({ load, client }: Bench, receiver: RunningProcess, salt: string, events: number): Promise<Sample> {
  await client.flushall();
  await load.prepare({ kind: 'steady', salt, events, conversations: CONVERSATIONS, perSecond: 1 });
  const { result, cpu } = await cpuDuring({ receiver: [receiver.pid] }, () => load.runClosed([receiver.port], CONNECTIONS));
  return { perSecond: events / result.seconds, cpuMicroseconds: (cpu.receiver.all * 1e6) / events };
}

/** An OTLP endpoint that reads nothing: decoding would cost the cores that are measured. */
async function startSink() {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}
