import { hash } from 'node:crypto';

/** A write that Genesys accepted and that nothing has shown yet. It holds digests and no values. */
export interface AwaitedProof {
  /** Epoch milliseconds at which it was sent. */
  readonly sentAt: number;
  readonly participantId: string;
  /** The digest of each written value, by the name that its kind of action gives it. */
  readonly changes: Readonly<Record<string, string>>;
  /** The outcome of the step once the write is seen. */
  readonly reason: string;
  readonly detail: string;
}

/** What a participant shows: digests of values by name. A name has several where the participant shows several values. */
export type Shown = Readonly<Record<string, readonly string[]>>;

/** What one event, or one fetch, shows of a conversation. */
export interface Evidence {
  /** Epoch milliseconds: it contains every older change. */
  readonly at: number;
  readonly participants: readonly { readonly id: string; readonly shown: Shown }[];
}

/** Clocks differ. An event that seems to be older than the write by more than this proves nothing. */
const CLOCK_TOLERANCE_MS = 1_000;

/** An older event may report the same value of an earlier time. */
export function proves({ at, participants }: Evidence, { sentAt, participantId, changes }: AwaitedProof): boolean {
  if (at < sentAt - CLOCK_TOLERANCE_MS) return false;
  return participants.some(
    ({ id, shown }) =>
      id === participantId &&
      Object.entries(changes).every(([name, digest]) => Object.hasOwn(shown, name) && shown[name]?.includes(digest)),
  );
}

/** 132 bits: enough to distinguish values, and small in the memory of Redis. */
export function digestValue(value: unknown): string {
  return hash('sha256', String(value), 'base64url').slice(0, 22);
}

export function digestValues(values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, digestValue(value)]));
}
