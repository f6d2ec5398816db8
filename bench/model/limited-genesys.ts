import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { SlidingWindow } from '../../simulator/sliding-window.ts';
import type { Clock } from '../../src/genesys/clock.ts';

/** A limit of the modelled Genesys: requests in any minute of what `keyOf` puts together. */
export interface ModelledLimit {
  requestsPerMinute: number;
  keyOf(request: { readonly token: string; readonly path: string }): string;
}

export interface ModelledGenesys {
  readonly dispatcher: Dispatcher;
  /** When requests were let through, in the clock's monotonic milliseconds. */
  readonly passed: number[];
  /** When they were refused with 429. */
  readonly refused: number[];
}

const MINUTE_MS = 60_000;

/** Genesys as far as pacing sees it: it responds after `latencyMs` of the virtual clock, with 429 where a limit is met, and names no limit. */
export function createLimitedGenesys(clock: Clock, latencyMs: number, limits: readonly ModelledLimit[]): ModelledGenesys {
  const windows = new Map<string, SlidingWindow>();
  const passed: number[] = [];
  const refused: number[] = [];

  function judge(token: string, path: string) {
    const now = clock.monotonicMs();
    for (const limit of limits) {
      const key = limit.keyOf({ token, path });
      const window = windows.get(key) ?? new SlidingWindow();
      windows.set(key, window);
      const waitMs = window.take(limit.requestsPerMinute, MINUTE_MS, now);
      if (waitMs === null) continue;
      refused.push(now);
      return { statusCode: 429, headers: { 'retry-after': String(Math.max(1, Math.ceil(waitMs / 1000))) } };
    }
    passed.push(now);
    return { statusCode: 200, headers: {} };
  }

  async function request({ path, headers }: { path: string; headers: { authorization: string } }) {
    const response = judge(headers.authorization, path);
    await new Promise<void>((resolve) => clock.setTimer(resolve, latencyMs));
    return { ...response, body: Readable.from([]) };
  }

  return { dispatcher: { request } as unknown as Dispatcher, passed, refused };
}
