import { expect, test } from 'vitest';
import { formatReport } from '../../chaos/format-report.ts';
import { runChaos } from '../../chaos/run-chaos.ts';

/** `CHAOS_SEED` plays a run again. */
const SEED = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000);
const EVENTS_PER_SECOND = 50;
const DISRUPTED_SECONDS = 60;
const KILLS = 6;

test('every accepted event is accounted for while a cluster fails over, its slot moves and processes are killed', async () => {
  const report = await runChaos({
    seed: SEED,
    events: DISRUPTED_SECONDS * EVENTS_PER_SECOND,
    eventsPerSecond: EVENTS_PER_SECOND,
    disruptedMs: DISRUPTED_SECONDS * 1_000,
    kills: KILLS,
    redis: 'cluster',
  });
  const text = formatReport(report, SEED);
  console.log(text);
  expect(report.failures, text).toEqual([]);
  expect(report.repeated).toBeGreaterThan(0);
  const { sent, applied, unchanged, skipped, deadLettered } = report.balance;
  expect(applied + unchanged + skipped + deadLettered).toBe(sent);
}, 400_000);
