import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import pino from 'pino';
import type { EndedLine, ReceivedLine, StoryOutcome } from '../../src/story/story-line.ts';
import { createStoryReader, type StoryReader } from '../../src/story/story-reader.ts';
import { createStoryRecorder, type StoryRecorder } from '../../src/story/story-recorder.ts';
import type { Scope } from '../process/scope.ts';
import { startProcess } from '../process/start-process.ts';
import { atLeastTimes, below, type Row } from '../row.ts';
import { percentile } from '../statistics.ts';
import { hookpatch } from '../targets/hookpatch.ts';
import { UNPACED_PER_MINUTE } from '../targets/target.ts';
import { measureReceiver } from './ingest-traced.ts';
import { usedBytes } from './memory.ts';
import { alternate, type Bench, type Scenario } from './scenario.ts';

const PREFIX = '{hookpatch}';
const DAYS = 3;
const DEFAULT_STORIES = 50_000;
/** Events of one conversation; every other one is matched by a rule. */
const EVENTS_A_STORY = 4;
const LINES_AT_ONCE = 5_000;
/** Searches of each kind. */
const SEARCHES = 40;
const EVENTS = 25_000;
const WARM_UP_EVENTS = 10_000;
const ROUNDS = 3;
const RULES = ['tag-trace', 'wrap-up', 'escalate', 'note-channel'] as const;
const HOUR_MS = 3_600_000;

/** What the stories of conversations cost in Redis, how fast they are searched, and what they take from ingest. */
export const stories: Scenario = {
  name: 'stories',
  run: async (bench, scope) => [...(await measureStories(bench)), ...(await measureIngest(bench, scope))],
};

/** `--stories N`. */
function wantedStories(): number {
  const { values } = parseArgs({ options: { stories: { type: 'string' } }, strict: false });
  return typeof values.stories === 'string' ? Number(values.stories) : DEFAULT_STORIES;
}

async function measureStories({ redis, client }: Bench): Promise<Row[]> {
  await client.flushall();
  const connection = new Redis(redis.url);
  const count = wantedStories();
  const options = { redis: connection, prefix: PREFIX, days: DAYS };
  const before = await usedBytes(client);
  const ids = await fill(createStoryRecorder({ ...options, logger: pino({ level: 'silent' }) }), count);
  const bytes = (await usedBytes(client)) - before;
  const searches = await timeSearches(createStoryReader(options), ids);
  connection.disconnect();
  await client.flushall();
  const named = `${count.toLocaleString('en-US')} stories`;
  const row = (metric: string, ours: number, goal: Row['goal'] = null): Row => {
    return { scenario: 'stories', metric, ours: [ours], reference: null, goal };
  };
  return [
    row(`Redis MB, ${named} of ${EVENTS_A_STORY} events`, bytes / 1_000_000),
    row('Redis bytes/event, with the indexes', bytes / (count * EVENTS_A_STORY), below(300, 'bytes')),
    row(`p95 ms of a search by an id, ${named}`, percentile(searches.byId, 95), below(200, 'ms')),
    row(`p95 ms of a search by rule, outcome, reason, time, ${named}`, percentile(searches.byTerm, 95), below(200, 'ms')),
  ];
}

/** Some of each kind, for the searches. */
interface Sample {
  readonly ids: string[];
}

/** Events spread over the days that stories are kept, as a service would record them. */
async function fill(recorder: StoryRecorder, count: number): Promise<Sample> {
  const sample: Sample = { ids: [] };
  const now = Date.now();
  const keepEvery = Math.max(1, Math.floor(count / SEARCHES));
  let waiting = 0;
  for (let index = 0; index < count; index += 1) {
    const conversationId = randomUUID();
    const participantId = randomUUID();
    const address = `+1317${String(index).padStart(7, '0')}`;
    for (let event = 0; event < EVENTS_A_STORY; event += 1) {
      const at = Math.round(now - (1 - index / count) * (DAYS * 24 - 1) * HOUR_MS) + event * 1_000;
      const received = receivedLine(index, event, at);
      recorder.record(conversationId, received, address);
      const ended = received.status === 'ignored' ? null : endedLine(received, index, participantId);
      if (ended !== null) recorder.record(conversationId, ended);
      waiting += 2;
      if (index % keepEvery > 0 || event > 0) continue;
      const correlationIds = [...(ended?.outcomes ?? []), ...(ended?.calls ?? [])].map(({ correlationId }) => correlationId);
      const ids = [conversationId, received.eventId, received.traceId, participantId, address, ...correlationIds];
      sample.ids.push(...ids.filter((id) => id !== null));
    }
    if (waiting < LINES_AT_ONCE) continue;
    waiting = 0;
    await recorder.flush();
  }
  await recorder.flush();
  return sample;
}

/** The condition of every other event's rule is false; of the others one rule in twenty did not match. */
function receivedLine(index: number, event: number, at: number): ReceivedLine {
  const rule = RULES[(index + event) % RULES.length] ?? 'tag-trace';
  const isIgnored = event % 2 === 1;
  return {
    kind: 'received',
    at,
    eventId: randomUUID(),
    topic: `v2.detail.events.conversation.{id}.${['customer.start', 'acd.start', 'user.end', 'acw'][event]}`,
    status: isIgnored ? 'ignored' : 'accepted',
    via: 'webhook',
    rules: [
      { rule, verdict: isIgnored ? 'condition-false' : 'matched' },
      ...(index % 20 === 0 ? ([{ rule: 'night-desk', verdict: 'condition-false' }] as const) : []),
    ],
    traceId: isIgnored ? null : randomUUID().replaceAll('-', ''),
  };
}

/** One event in fifty is dead-lettered. A batch has two calls: what comes back proves most writes. */
function endedLine({ eventId, at, rules }: ReceivedLine, index: number, participantId: string): EndedLine {
  const failed = index % 50 === 0;
  const outcome: StoryOutcome = {
    rule: rules[0]?.rule ?? null,
    action: 'setAttributes',
    kind: failed ? 'dead-lettered' : 'applied',
    reason: failed ? 'permission-missing' : 'written',
    detail: failed ? 'Genesys answered 403 missing.permissions: the role lacks conversation:communication:view' : null,
    participantId,
    correlationId: failed ? randomUUID() : null,
  };
  const calls = ['get-conversation', 'patch-attributes'].map((stage) => {
    return { stage, status: stage === 'patch-attributes' ? '202' : '200', correlationId: randomUUID() };
  });
  return { kind: 'ended', at: at + 500, eventId, outcomes: [outcome], calls };
}

async function timeSearches(reader: StoryReader, { ids }: Sample) {
  const time = async (search: () => Promise<readonly unknown[]>) => {
    const startedAt = performance.now();
    const found = await search();
    if (found.length === 0) throw new Error('a search found nothing');
    return performance.now() - startedAt;
  };
  const byId: number[] = [];
  for (const id of ids) byId.push(await time(() => reader.find(id)));
  const now = Date.now();
  const queries = [
    {},
    { rule: 'wrap-up' },
    { outcome: 'dead-lettered' },
    { reason: 'permission-missing', rule: 'escalate' },
    { rule: 'tag-trace', outcome: 'applied', since: now - 24 * HOUR_MS },
    { since: now - 48 * HOUR_MS, until: now - 24 * HOUR_MS },
  ];
  const byTerm: number[] = [];
  for (let round = 0; round < SEARCHES; round += 1) {
    for (const query of queries) byTerm.push(await time(() => reader.search({ ...query, limit: 50 })));
  }
  return { byId, byTerm };
}

/** A receiver with stories next to one without. */
async function measureIngest(bench: Bench, scope: Scope): Promise<Row[]> {
  const spec = hookpatch.receiver({ redisUrl: bench.redis.url, platformUrl: '', ratePerMinute: UNPACED_PER_MINUTE });
  const start = (days: string) => scope.add(startProcess({ ...spec, env: { ...spec.env, STORY_DAYS: days } }));
  const receivers = { on: await start(String(DAYS)), off: await start('0') };
  const measure = (receiver: Parameters<typeof measureReceiver>[1]) => (round: number) =>
    measureReceiver(bench, receiver, `stories ${round}`, EVENTS);
  for (const receiver of Object.values(receivers)) await measureReceiver(bench, receiver, 'warm-up', WARM_UP_EVENTS);
  const { on, off } = await alternate(ROUNDS, { on: measure(receivers.on), off: measure(receivers.off) });
  const rates = (samples: typeof on) => samples.map(({ perSecond }) => perSecond);
  const reference = { name: 'stories off', samples: rates(off) };
  const goal = atLeastTimes(0.95, 'stories off');
  return [{ scenario: 'stories', metric: 'accepted events/s, stories on', ours: rates(on), reference, goal }];
}
