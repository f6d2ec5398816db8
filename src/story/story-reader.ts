import { normaliseAddress } from '../genesys/normalise-address.ts';
import type { RedisConnection } from '../redis/connection.ts';
import { createKeys } from '../redis/keys.ts';
import { createAddressSecret } from './address-secret.ts';
import { decodeLines } from './encode-line.ts';
import { unpackId } from './pack-id.ts';
import { exactKey, hourOf, hoursKept } from './story-keys.ts';
import type { StoryLine } from './story-line.ts';
import { pointersIn, pointerTo } from './story-pointer.ts';
import {
  type ExactTerm,
  exactTerm,
  hashAddress,
  isCommon,
  isCommonReason,
  type SharedKind,
  sharedTerm,
  traceTermsOf,
} from './story-terms.ts';

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

interface StoredStory {
  readonly conversationId: string;
  readonly lines: readonly StoryLine[];
}

/** Members of an hour's list that are read at once, newest first. */
const PAGE = 500;
/** How far a line can be from its place in a list that is in order of time. */
const OUT_OF_ORDER = 200;
/** Stories that are read at once. */
const STORIES_AT_ONCE = 100;
/** A search that has read this many stories returns what it found. */
const MOST_LOOKED_AT = 2_000;

export function createStoryReader({ redis, prefix, days, now = Date.now }: StoryReaderOptions): StoryReader {
  const keys = createKeys(prefix);
  const addressSecret = createAddressSecret(redis, keys);

  const read = async (storyKey: string): Promise<StoredStory | null> => {
    const [packed, ...stored] = await redis.lrange(storyKey, 0, -1);
    if (packed === undefined) return null;
    return { conversationId: unpackId(packed), lines: stored.flatMap(decodeLines).sort((a, b) => a.at - b.at) };
  };

  const lookUp = async (term: ExactTerm): Promise<Buffer[]> => {
    const field = Buffer.from(term.field, 'latin1');
    const found = await Promise.all(hoursKept(now(), days).map((hour) => redis.hgetBuffer(exactKey(keys, hour, term), field)));
    return found.flatMap((stored) => (stored === null ? [] : pointersIn(stored)));
  };

  /** The stories of one hour, newest first, without the `newest`. */
  async function* membersOf(key: string, newest: number): AsyncGenerator<string> {
    for (let last = -1 - newest; ; last -= PAGE) {
      const page = await redis.lrangeBuffer(key, last - PAGE + 1, last);
      yield* page.reverse().map(keys.story);
      if (page.length < PAGE) return;
    }
  }

  /** The term to which the fewest conversations lead. */
  const rarest = async (terms: readonly string[], from: number, to: number): Promise<string> => {
    const hours = Array.from({ length: hourOf(to) - hourOf(from) + 1 }, (_, back) => hourOf(to) - back);
    const sizes = await Promise.all(
      terms.map(async (term) => {
        const lengths = await Promise.all(hours.map((hour) => redis.llen(keys.storyTerms(hour, term))));
        return { term, size: lengths.reduce((sum, length) => sum + length, 0) };
      }),
    );
    return sizes.toSorted((one, other) => one.size - other.size)[0]?.term ?? 'all';
  };

  /** How many of an hour began later. A list is in order of time, but for lines that were stored late: a few more are looked at. */
  const newerThan = async (time: number, key: string): Promise<number> => {
    const length = await redis.llen(key);
    let [low, high] = [0, length];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const [member] = await redis.lrangeBuffer(key, middle, middle);
      const found = member === undefined ? null : await read(keys.story(member));
      if ((found?.lines[0]?.at ?? time) > time) high = middle;
      else low = middle + 1;
    }
    return Math.max(0, length - low - OUT_OF_ORDER);
  };

  async function* candidates(term: string, from: number, to: number): AsyncGenerator<string> {
    for (let hour = hourOf(to); hour >= hourOf(from); hour -= 1) {
      const key = keys.storyTerms(hour, term);
      yield* membersOf(key, hour === hourOf(to) ? await newerThan(to, key) : 0);
    }
  }

  return {
    story: async (conversationId) => (await read(keys.story(pointerTo(conversationId))))?.lines ?? [],

    find: async (id) => {
      const terms = [id, ...traceTermsOf(id), hashAddress(normaliseAddress(id), await addressSecret())].map(exactTerm);
      const pointers = [pointerTo(id), ...(await Promise.all(terms.map(lookUp))).flat()];
      const stories = [...new Set(pointers.map(keys.story))];
      const packed = await Promise.all(stories.map((story) => redis.lindex(story, 0)));
      return packed.flatMap((each) => (each === null ? [] : unpackId(each)));
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
      const found: string[] = [];
      const seen = new Set<string>();
      const lookAt = async (some: readonly string[]) => {
        const stories = await Promise.all(some.map(read));
        for (const each of stories) if (each !== null && fits(each.lines, query, from, to)) found.push(each.conversationId);
      };
      let next: string[] = [];
      // The first ones alone: most searches ask for what nearly every candidate is.
      let atOnce = Math.min(query.limit, STORIES_AT_ONCE);
      for await (const story of candidates(await rarest(termsOf(query), from, to), from, to)) {
        if (seen.has(story)) continue;
        seen.add(story);
        next.push(story);
        if (next.length < atOnce) continue;
        await lookAt(next);
        next = [];
        atOnce = STORIES_AT_ONCE;
        if (found.length >= query.limit || seen.size >= MOST_LOOKED_AT) break;
      }
      await lookAt(next);
      return found.slice(0, query.limit);
    },
  };
}

/** There are no lists of applied and unchanged outcomes, and of their reasons. */
function termsOf({ rule, outcome, reason }: StoryQuery): readonly string[] {
  const listed = isCommon(outcome) ? undefined : outcome;
  const of = (kind: SharedKind, value: string | undefined) => (value === undefined ? [] : [sharedTerm(kind, value)]);
  return [...of('reason', isCommonReason(reason) ? undefined : reason), ...of('outcome', listed), ...of('rule', rule)];
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
