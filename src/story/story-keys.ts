import type { RedisKeys } from '../redis/keys.ts';
import type { ExactTerm } from './story-terms.ts';

const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;
const SECONDS_AN_HOUR = 3600;

/** Hours since 1970. The indexes are kept by hour, so that each expires with its hour. */
export function hourOf(epochMs: number): number {
  return Math.floor(epochMs / HOUR_MS);
}

/** The hours from `now` back to the oldest one kept, newest first. */
export function hoursKept(now: number, days: number): number[] {
  return Array.from({ length: days * DAY_HOURS + 1 }, (_, back) => hourOf(now) - back);
}

/** An index expires this long after its first entry: its hour is then older than {@link hoursKept}. A story, after its last line. */
export function keptSeconds(days: number): number {
  return (days * DAY_HOURS + 1) * SECONDS_AN_HOUR;
}

export function exactKey(keys: RedisKeys, hour: number, { bucket }: ExactTerm): string {
  return keys.storyTerms(hour, String(bucket));
}
