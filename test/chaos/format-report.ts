import type { ChaosReport } from './run-chaos.ts';

/** For people: the balance in a few lines, and the stories of what is wrong. */
export function formatReport(
  { balance, kills, redisDisruptions, repeated, deadLetters, echoes, provenByEvents, failures }: ChaosReport,
  seed: number,
): string {
  const { sent, applied, unchanged, skipped, deadLettered, unaccounted, violations } = balance;
  const reasons = [...Map.groupBy(deadLetters, ({ reason }) => reason)].map(([reason, { length }]) => `${reason} ${length}`);
  const toRedis = [...redisDisruptions].map(([kind, count]) => `${kind} ${count}`).join(', ');
  return [
    `seed ${seed}: ${kills} kills, Redis: ${toRedis}; ${repeated} events whose delivery had to be repeated`,
    `sent ${sent} = applied ${applied} + unchanged ${unchanged} + skipped ${skipped} + dead-lettered ${deadLettered}`,
    ...(reasons.length > 0 ? [`dead letters: ${reasons.join(', ')}`] : []),
    `own writes came back: ${[...echoes].map(([fate, count]) => `${fate} ${count}`).join(', ')}; ${provenByEvents} events proven by them`,
    `unaccounted ${unaccounted.length}, broken promises ${violations.length}`,
    ...failures,
    failures.length === 0 ? 'the ledger balances' : `the run FAILS (seed ${seed})`,
  ].join('\n');
}
