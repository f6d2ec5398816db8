import { normaliseAddress } from '../genesys/normalise-address.ts';
import type { RedisConnection } from '../redis/connection.ts';
import { createKeys } from '../redis/keys.ts';
import { createAddressSecret } from './address-secret.ts';
import { conversationOf } from './conversation-bytes.ts';
import { decodeLine } from './encode-line.ts';
import { addressTerm, exactKey, hourOf, hoursKept } from './story-keys.ts';
import type { StoryLine } from './story-line.ts';
import { type ExactTerm, exactTerm, type SharedKind, sharedTerm, traceTermsOf } from './story-terms.ts';

export interface StoryQuery {
  readonly rule?: string;
  readonly outcome?: string;
  readonly reason?: string;
  /** Epoch milliseconds; default: as far back as stories are kept. */
  readonly since?: number;
  /** Default: now. */
  readonly until?: number;
  readonly limit: number;
}

export interface StoryReader {
  /** Oldest line first; empty when there is none. */
  story(conversationId: string): Promise<readonly StoryLine[]>;
  /**
   * The conversations to which an id leads: a conversation id; an event id; a trace id (32 or 16 hex digits, or Datadog's
   * decimal); a correlation id; a participant id; an address. Newest first.
   */
  find(id: string): Promise<readonly string[]>;
  /** Conversations for which all given conditions hold; those with the newest line come first. */
  search(query: StoryQuery): Promise<readonly string[]>;
  /** How many times events of a rule have ended while stories are kept. */
  countOf(rule: string): Promise<number>;
}

export interface StoryReaderOptions {
  readonly redis: RedisConnection;
  readonly prefix: string;
  readonly days: number;
  readonly now?: () => number;
}

/** Members of an hour's list that are read at once, newest first. */
const PAGE = 500;
/** A search that has read this many stories returns what it found. */
const MOST_LOOKED_AT = 2_000;

export function createStoryReader({ redis, prefix, days, now = Date.now }: StoryReaderOptions): StoryReader {
  const keys = createKeys(prefix);
  const addressSecret = createAddressSecret(redis, keys);

  const story = async (conversationId: string): Promise<StoryLine[]> => {
    const stored = await redis.lrange(keys.story(conversationId), 0, -1);
    return stored.flatMap((text) => decodeLine(text) ?? []).sort((a, b) => a.at - b.at);
  };

  const lookUp = async (term: ExactTerm): Promise<string[]> => {
    const found = await Promise.all(
      hoursKept(now(), days).map((hour) => redis.hgetBuffer(exactKey(keys, hour, term), term.field)),
    );
    return found.flatMap((bytes) => (bytes === null ? [] : conversationOf(bytes)));
  };

  /** The conversations of one hour, newest first. */
  async function* membersOf(key: string): AsyncGenerator<string> {
    for (let last = -1; ; last -= PAGE) {
      const page = await redis.lrangeBuffer(key, last - PAGE + 1, last);
      yield* page.reverse().map(conversationOf);
      if (page.length < PAGE) return;
    }
  }

  async function* candidates(term: string, from: number, to: number): AsyncGenerator<string> {
    for (let hour = hourOf(to); hour >= hourOf(from); hour -= 1) yield* membersOf(keys.storyTerms(hour, term));
  }

  return {
    story,

    find: async (id) => {
      const terms = [
        exactTerm('event', id),
        exactTerm('correlation', id),
        exactTerm('participant', id),
        ...traceTermsOf(id).map((trace) => exactTerm('trace', trace)),
        addressTerm(normaliseAddress(id), await addressSecret()),
      ];
      const known = (await redis.exists(keys.story(id))) === 1 ? [id] : [];
      return [...new Set([...known, ...(await Promise.all(terms.map(lookUp))).flat()])];
    },

    countOf: async (rule) => {
      const lengths = await Promise.all(
        hoursKept(now(), days).map((hour) => redis.llen(keys.storyTerms(hour, sharedTerm('rule', rule)))),
      );
      return lengths.reduce((sum, length) => sum + length, 0);
    },

    search: async (query) => {
      const to = query.until ?? now();
      const from = query.since ?? to - days * 86_400_000;
      const found = new Set<string>();
      const seen = new Set<string>();
      for await (const conversationId of candidates(mostSelectiveTerm(query), from, to)) {
        if (seen.has(conversationId)) continue;
        seen.add(conversationId);
        if (fits(await story(conversationId), query, from, to)) found.add(conversationId);
        if (found.size >= query.limit || seen.size >= MOST_LOOKED_AT) break;
      }
      return [...found];
    },
  };
}

/** There are no lists of applied and unchanged outcomes. */
function mostSelectiveTerm({ rule, outcome, reason }: StoryQuery): string {
  const of = (kind: SharedKind, value: string | undefined) => (value === undefined ? null : sharedTerm(kind, value));
  const listed = outcome === 'applied' || outcome === 'unchanged' ? undefined : outcome;
  return of('reason', reason) ?? of('outcome', listed) ?? of('rule', rule) ?? 'all';
}

function fits(lines: readonly StoryLine[], { rule, outcome, reason }: StoryQuery, from: number, to: number): boolean {
  const timely = lines.filter(({ at }) => at >= from && at <= to);
  if (rule === undefined && outcome === undefined && reason === undefined) return timely.length > 0;
  return timely.some(
    (line) =>
      line.kind === 'ended' &&
      line.outcomes.some(
        (each) =>
          (rule === undefined || each.rule === rule) &&
          (outcome === undefined || each.kind === outcome) &&
          (reason === undefined || each.reason === reason),
      ),
  );
}
