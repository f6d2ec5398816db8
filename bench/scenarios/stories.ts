import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import pino from 'pino';
import type { EndedLine, ReceivedLine, StoryOutcome } from '../../src/story/story-line.ts';
import { createStoryReader, type StoryReader } from '../../src/story/story-reader.ts';
import { createStoryRecorder, type StoryRecorder } from '../../src/story/story-recorder.ts';
import { below, type Row } from '../row.ts';
import { percentile } from '../statistics.ts';
import { measureIngestWithStories } from './ingest-with-stories.ts';
import { usedBytes } from './memory.ts';
import type { Bench, Scenario } from './scenario.ts';

const PREFIX = '{hookpatch}';
const DAYS = 3;
const DEFAULT_STORIES = 50_000;
/** With fewer the hashes of the indexes weigh more than what is in them (docs/decisions/0040-what-a-story-costs.md). */
const JUDGED_FROM = 1_000_000;
/** Events of one conversation; every other one is matched by a rule. */
const EVENTS_A_STORY = 4;
const LINES_AT_ONCE = 5_000;
/** Searches of each kind. */
const SEARCHES = 40;
const RULES = ['tag-trace', 'wrap-up', 'escalate', 'note-channel'] as const;
const HOUR_MS = 3_600_000;

/** What the stories of conversations cost in Redis, how fast they are searched, and what they take from ingest. */
export const stories: Scenario = {
  name: 'stories',
  run: async (bench) => [...(await measureStories(bench)), ...(await measureIngestWithStories(bench))],
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
    bytesRow(row, bytes / (count * EVENTS_A_STORY), count),
    row(`p95 ms of a search by an id, ${named}`, percentile(searches.byId, 95), below(200, 'ms')),
    row(`p95 ms of a search by rule, outcome, reason, time, ${named}`, percentile(searches.byTerm, 95), below(200, 'ms')),
  ];
}

/** The goal is for the number of stories for which the indexes are made. */
function bytesRow(row: (metric: string, ours: number, goal?: Row['goal']) => Row, bytes: number, count: number): Row {
  const metric = 'Redis bytes/event, with the indexes';
  if (count >= JUDGED_FROM) return row(metric, bytes, below(300, 'bytes'));
  const note = `the goal, < 300 bytes, is for ${JUDGED_FROM.toLocaleString('en-US')} stories: --stories ${JUDGED_FROM}`;
  return { ...row(metric, bytes), note };
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
