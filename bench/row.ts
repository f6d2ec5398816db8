import { median } from './statistics.ts';

/** A limit that a figure must hold. */
export interface Goal {
  /** As the table shows it, such as `>= 1.6 x baseline`. */
  readonly text: string;
  /** Of one round. `ratio` is ours by the reference's; `null` without a reference. */
  readonly holds: (round: { readonly ours: number; readonly ratio: number | null }) => boolean;
}

/** One figure of the benchmark, with a sample for each round. */
export interface Row {
  readonly scenario: string;
  /** What was measured, with its unit. */
  readonly metric: string;
  readonly ours: readonly number[];
  /** What ours is compared with, measured in turn with it. `null`: nothing. */
  readonly reference: { readonly name: string; readonly samples: readonly number[] } | null;
  /** `null`: a figure for information. */
  readonly goal: Goal | null;
  /** What a reader must know to read the figure right. */
  readonly note?: string;
}

/** `noisy`: the rounds disagree about whether the goal is met, so the figure says nothing. */
export type Verdict = 'met' | 'missed' | 'noisy' | 'no goal';

/** Each round's ours by the reference's of the same round, which ran right before or after it. */
function ratiosOf({ ours, reference }: Row): readonly number[] {
  if (reference === null) return [];
  return ours.map((sample, round) => sample / (reference.samples[round] ?? Number.NaN));
}

export function ratioOf(row: Row): number | null {
  return row.reference === null ? null : median(ratiosOf(row));
}

export function verdictOf(row: Row): Verdict {
  const { goal, ours } = row;
  if (goal === null) return 'no goal';
  const ratios = ratiosOf(row);
  const met = ours.filter((sample, round) => goal.holds({ ours: sample, ratio: ratios[round] ?? null })).length;
  if (met === ours.length) return 'met';
  return met === 0 ? 'missed' : 'noisy';
}

export function atLeastTimes(factor: number, of: string): Goal {
  return { text: `>= ${factor} x ${of}`, holds: ({ ratio }) => ratio !== null && ratio >= factor };
}

export function atMostTimes(factor: number, of: string): Goal {
  return { text: `<= ${factor} x ${of}`, holds: ({ ratio }) => ratio !== null && ratio <= factor };
}

export function atLeast(limit: number, unit: string): Goal {
  return { text: `>= ${limit.toLocaleString('en-US')} ${unit}`, holds: ({ ours }) => ours >= limit };
}

export function atMost(limit: number): Goal {
  return { text: `<= ${limit}`, holds: ({ ours }) => ours <= limit };
}

export function below(limit: number, unit: string): Goal {
  return { text: `< ${limit} ${unit}`, holds: ({ ours }) => ours < limit };
}
