import { readFile } from 'node:fs/promises';
import type { PlannedEvent } from './plan-events.ts';

/** What the driver wrote down about one event. */
export interface LedgerLine extends PlannedEvent {
  /** Epoch milliseconds of the first try. */
  readonly sentAt: number;
  /** Epoch milliseconds of the 202. */
  readonly acceptedAt: number;
  /** What each try came to: a status, or why there was none. */
  readonly answers: readonly string[];
}

/** The ledger is a file of JSON lines that only the driver writes. */
export async function readLedger(file: string): Promise<LedgerLine[]> {
  const text = await readFile(file, 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LedgerLine);
}
