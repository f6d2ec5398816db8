/** The middle one; of an even number the mean of the two in the middle. @throws RangeError when there is none */
export function median(samples: readonly number[]): number {
  return (quantile(samples, 0.5, Math.floor) + quantile(samples, 0.5, Math.ceil)) / 2;
}

/** The smallest sample that at least `percent` % of all are not above (nearest rank). @throws RangeError when there is none */
export function percentile(samples: readonly number[], percent: number): number {
  if (samples.length === 0) throw new RangeError('no samples');
  const sorted = samples.toSorted((a, b) => a - b);
  const rank = Math.ceil((percent / 100) * sorted.length);
  return sorted[Math.min(Math.max(rank, 1), sorted.length) - 1] ?? Number.NaN;
}

/** How far the samples are apart, as a part of their median: 0.1 is 10%. 0 for a single sample. */
export function spread(samples: readonly number[]): number {
  const range = Math.max(...samples) - Math.min(...samples);
  return range === 0 ? 0 : range / Math.abs(median(samples));
}

function quantile(samples: readonly number[], part: number, round: (position: number) => number): number {
  if (samples.length === 0) throw new RangeError('no samples');
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[round(part * (sorted.length - 1))] ?? Number.NaN;
}
