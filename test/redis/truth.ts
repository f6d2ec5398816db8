/** One look at `/readyz`; times are milliseconds of one clock. */
export interface Sample {
  readonly askedAt: number;
  readonly answeredAt: number;
  readonly ready: boolean;
  /** The response, for people. */
  readonly text: string;
}

/** One try to deliver. */
export interface Attempt {
  readonly sentAt: number;
  readonly endedAt: number;
  readonly accepted: boolean;
}

/** How far a sample and an attempt may be apart in time for the attempt to confirm the sample. */
export interface Margin {
  readonly readyMs: number;
  readonly notReadyMs: number;
}

/** The samples that no attempt confirms: "ready" where nothing was accepted, or "not ready" where nothing was refused. */
export function findUntruths(samples: readonly Sample[], attempts: readonly Attempt[], margin: Margin): Sample[] {
  return samples.filter(({ askedAt, answeredAt, ready }) => {
    const marginMs = ready ? margin.readyMs : margin.notReadyMs;
    const isNear = ({ sentAt, endedAt }: Attempt) => sentAt <= answeredAt + marginMs && endedAt >= askedAt - marginMs;
    return !attempts.some((attempt) => attempt.accepted === ready && isNear(attempt));
  });
}

/** The most of these times that lie within one second. */
export function busiestSecond(times: readonly number[]): number {
  const sorted = times.toSorted((one, other) => one - other);
  return Math.max(0, ...sorted.map((time, index) => index + 1 - sorted.findIndex((other) => other > time - 1_000)));
}
