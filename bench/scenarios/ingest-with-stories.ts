import { setTimeout as delay } from 'node:timers/promises';
import { withScope } from '../process/scope.ts';
import { type RunningProcess, startProcess } from '../process/start-process.ts';
import { cpuDuring } from '../process/usage.ts';
import { atLeastTimes, type Goal, type Row } from '../row.ts';
import { hookpatch } from '../targets/hookpatch.ts';
import { UNPACED_PER_MINUTE } from '../targets/target.ts';
import { alternate, type Bench, CONNECTIONS } from './scenario.ts';

/** A receiver stores a line of each event that it does not accept. The rules files differ in how many events they match. */
const MIXES = [
  { of: 'all accepted', rulesFile: 'bench/rules.yaml', goal: 0.95 },
  { of: 'half accepted', rulesFile: 'bench/rules-for-half.yaml', goal: 0.95 },
  { of: 'none accepted', rulesFile: 'bench/rules-for-none.yaml', goal: null },
] as const;

const WARM_UP_EVENTS = 8_000;
const EVENTS_A_CONVERSATION = 10;
const ROUNDS = 3;
/** Alternations of a round. One alone differs by more than what stories may cost. */
const TURNS = 4;
const TURN_SECONDS = 1.5;
/** Lines wait up to 250 ms. After that as many are stored in the time that is measured as are recorded in it. */
const LEAD_IN_MS = 300;
/** After it no line waits. */
const PAUSE_MS = 300;

interface Sample {
  readonly perSecond: number;
  /** Of the receiver's main thread, for one event, with what it does after the last one. */
  readonly cpuMicroseconds: number;
}

type Samples = Readonly<Record<'on' | 'off', Sample>>;

/** What stories take from ingest: a receiver with stories by turns with one without. */
export async function measureIngestWithStories(bench: Bench): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { of, rulesFile, goal } of MIXES) {
    const rounds: Samples[] = [];
    for (let round = 0; round < ROUNDS; round += 1) rounds.push(await measureRound(bench, rulesFile, round));
    const row = (metric: string, figure: keyof Sample, rowGoal: Goal | null): Row => ({
      scenario: 'stories',
      metric: `${metric}, ${of}, stories on`,
      ours: rounds.map(({ on }) => on[figure]),
      reference: { name: 'stories off', samples: rounds.map(({ off }) => off[figure]) },
      goal: rowGoal,
    });
    rows.push(row('events/s', 'perSecond', goal === null ? null : atLeastTimes(goal, 'stories off')));
    rows.push(row("CPU us/event, receiver's main thread", 'cpuMicroseconds', null));
  }
  return rows;
}

/** Each round has processes of its own: two processes that run the same differ, for as long as they live. */
function measureRound(bench: Bench, rulesFile: string, round: number): Promise<Samples> {
  return withScope(async (scope) => {
    await bench.client.flushall();
    const spec = hookpatch.receiver({ redisUrl: bench.redis.url, platformUrl: '', ratePerMinute: UNPACED_PER_MINUTE });
    const start = (days: string) =>
      scope.add(startProcess({ ...spec, env: { ...spec.env, RULES_FILE: rulesFile, STORY_DAYS: days } }));
    const receivers = { on: await start('3'), off: await start('0') };
    const warmUp = (receiver: RunningProcess) =>
      ingest(bench, receiver, { salt: 'warm-up', events: WARM_UP_EVENTS, leadInMs: 0 });
    const { perSecond } = sampleOf([await warmUp(receivers.on), await warmUp(receivers.off)]);
    const events = Math.round(TURN_SECONDS * perSecond);
    const measure = (receiver: RunningProcess) => (turn: number) =>
      ingest(bench, receiver, { salt: `${round} ${turn}`, events, leadInMs: LEAD_IN_MS });
    const turns = await alternate(TURNS, { on: measure(receivers.on), off: measure(receivers.off) });
    return { on: sampleOf(turns.on), off: sampleOf(turns.off) };
  });
}

interface Turn {
  readonly events: number;
  readonly cpuSeconds: number;
  /** Those after the lead-in, and how long they took. */
  readonly timed: number;
  readonly timedSeconds: number;
}

interface Sending {
  readonly salt: string;
  readonly events: number;
  readonly leadInMs: number;
}

async function ingest(
  { client, load }: Bench,
  { port, pid }: RunningProcess,
  { salt, events, leadInMs }: Sending,
): Promise<Turn> {
  await client.flushall();
  const conversations = Math.ceil(events / EVENTS_A_CONVERSATION);
  await load.prepare({ kind: 'steady', salt, events, conversations, perSecond: 1 });
  const { result, cpu } = await cpuDuring({ receiver: [pid] }, async () => {
    const timed = await load.runClosed([port], CONNECTIONS, leadInMs);
    await delay(PAUSE_MS);
    return timed;
  });
  return { events, cpuSeconds: cpu.receiver.main, timed: result.requests, timedSeconds: result.seconds };
}

function sampleOf(turns: readonly Turn[]): Sample {
  const sum = (part: keyof Turn) => turns.reduce((total, turn) => total + turn[part], 0);
  return { perSecond: sum('timed') / sum('timedSeconds'), cpuMicroseconds: (sum('cpuSeconds') * 1e6) / sum('events') };
}
