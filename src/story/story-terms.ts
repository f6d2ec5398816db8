import { createHmac, hash, type KeyObject } from 'node:crypto';
import { REASONS } from '../domain/outcome.ts';
import type { StoryLine } from './story-line.ts';

/** A term that leads to few conversations: an id, or the hash of an address. */
export interface ExactTerm {
  readonly bucket: number;
  /** Bytes of a digest of the term, as Latin-1: the field in its bucket. */
  readonly field: string;
}

/** Over how many hashes the exact terms of one hour are spread, so that each stays small enough for Redis's compact encoding. */
const BUCKETS = 1024;
const FIELD_BYTES = 5;

export function exactTerm(value: string): ExactTerm {
  const digest = hash('sha256', value, 'binary');
  const bucket = (digest.charCodeAt(FIELD_BYTES) * 256 + digest.charCodeAt(FIELD_BYTES + 1)) % BUCKETS;
  return { bucket, field: digest.slice(0, FIELD_BYTES) };
}

/**
 * The low 64 bits of a trace id, by which both Datadog and W3C forms are found. A text of 16 digits can be Datadog's decimal, or
 * hex digits without a letter: both are returned. Empty for a text that is no trace id.
 */
export function traceTermsOf(text: string): readonly string[] {
  if (/^[0-9a-f]{32}$/i.test(text)) return [text.slice(16).toLowerCase()];
  const decimal = /^\d{1,20}$/.test(text) && BigInt(text) < 2n ** 64n ? [BigInt(text).toString(16).padStart(16, '0')] : [];
  return /^[0-9a-f]{16}$/i.test(text) ? [...decimal, text.toLowerCase()] : decimal;
}

/** An address is stored as a keyed hash only: a copy of Redis without the key does not reveal who called. */
export function hashAddress(normalisedAddress: string, key: KeyObject): string {
  return createHmac('sha256', key).update(normalisedAddress).digest('base64url');
}

/** The ids by which a line is found; some more than once. */
export function idsOf(line: StoryLine): string[] {
  switch (line.kind) {
    case 'received':
      return [line.eventId, ...(line.traceId === null ? [] : traceTermsOf(line.traceId))];
    case 'waiting':
      return [];
    case 'ended': {
      const participants = line.outcomes.flatMap(({ participantId }) => participantId ?? []);
      return [...participants, ...[...line.outcomes, ...line.calls].flatMap(({ correlationId }) => correlationId ?? [])];
    }
  }
}

export type SharedKind = 'rule' | 'outcome' | 'reason';

/**
 * Terms that many conversations share, as `kind:value`. `applied` and `unchanged` with their reasons are left out: nearly all
 * conversations have them and are found by time.
 */
export function sharedTermsOf(line: StoryLine): string[] {
  if (line.kind !== 'ended') return [];
  const terms = line.outcomes.flatMap(({ rule, kind, reason }) => [
    ...(rule === null ? [] : [sharedTerm('rule', rule)]),
    ...(isCommon(kind) ? [] : [sharedTerm('outcome', kind)]),
    ...(isCommonReason(reason) ? [] : [sharedTerm('reason', reason)]),
  ]);
  return [...new Set(terms)];
}

const COMMON_REASONS: ReadonlySet<string> = new Set([...REASONS.applied, ...REASONS.unchanged]);

export function isCommon(outcome: string | undefined): boolean {
  return outcome === 'applied' || outcome === 'unchanged';
}

/** A reason of applied and unchanged outcomes. */
export function isCommonReason(reason: string | undefined): boolean {
  return reason !== undefined && COMMON_REASONS.has(reason);
}

export function sharedTerm(kind: SharedKind, value: string): string {
  return `${kind}:${value}`;
}
