import type { KeyObject } from 'node:crypto';
import { ExpiringMap } from '../domain/expiring-map.ts';
import { normaliseAddress } from '../genesys/normalise-address.ts';
import type { RedisKeys } from '../redis/keys.ts';
import { encodeLines, type StoredTogether } from './encode-line.ts';
import { packId } from './pack-id.ts';
import { exactKey, hourOf } from './story-keys.ts';
import { pointerTo } from './story-pointer.ts';
import { exactTerm, hashAddress, idsOf, sharedTermsOf } from './story-terms.ts';

/** What is stored as one line of a story. */
export interface Recorded {
  readonly conversationId: string;
  readonly lines: StoredTogether;
  /** Of the remote party, as it came. */
  readonly address: string | null;
}

export interface CallEncoder {
  /** `record-story.lua`'s keys, and its arguments without the limits; `recorded` has lines of one hour. */
  encode(recorded: readonly Recorded[], secret: KeyObject | null): StoryCall;
  /** The last call failed: its addresses are entered again. */
  forget(): void;
}

interface StoryCall {
  readonly keys: readonly string[];
  readonly args: readonly (string | number | Buffer)[];
}

/** The encoded form of what the lines of a conversation share. */
interface Conversation {
  /** As Latin-1, as all bytes here: a `Buffer` for each few bytes would cost more than they do. */
  readonly pointer: string;
  readonly packedId: string;
  readonly storyKey: string;
  /** The last address that was entered, and in which hour. */
  address: string | null;
  hour: number;
}

/** The lines of one conversation in a call. */
interface Part {
  readonly conversation: Conversation;
  readonly texts: string[];
  /** The exact terms, each once. */
  readonly ids: Set<string>;
}

/** The events of a conversation follow each other. At most about 4 MB, with the limit of the texts. */
const REMEMBERED: { readonly limit: number } = { limit: 5_000 };
const LONGEST_REMEMBERED = 100;

/**
 * What the lines of a conversation share is encoded once, and its address is entered once an hour: hashing for each line would
 * cost more than the rest of the line.
 */
export function createCallEncoder(keys: RedisKeys): CallEncoder {
  let remembered = new ExpiringMap<string, Conversation>(REMEMBERED);

  const conversationOf = (conversationId: string): Conversation => {
    const known = remembered.get(conversationId);
    if (known !== undefined) return known;
    const pointer = pointerTo(conversationId);
    const conversation = {
      pointer: pointer.toString('latin1'),
      packedId: packId(conversationId),
      storyKey: keys.story(pointer),
      address: null,
      hour: 0,
    };
    if (conversationId.length <= LONGEST_REMEMBERED) remembered.set(conversationId, conversation);
    return conversation;
  };

  return {
    encode: (recorded, secret) => {
      const hour = hourOf(recorded[0]?.lines[0].at ?? 0);
      const parts = new Map<string, Part>();
      const lists = new Map<string, string[]>();
      for (const { conversationId, lines, address } of recorded) {
        const part = parts.get(conversationId) ?? { conversation: conversationOf(conversationId), texts: [], ids: new Set() };
        const { conversation, texts, ids } = part;
        parts.set(conversationId, part);
        texts.push(encodeLines(lines));
        for (const line of lines) {
          for (const id of idsOf(line)) ids.add(id);
          for (const term of sharedTermsOf(line)) addTo(lists, term, conversation.pointer);
        }
        if (address !== null && secret !== null && isNews(conversation, address, hour))
          ids.add(hashAddress(normaliseAddress(address), secret));
      }
      return toCall(parts.values(), lists, hour);
    },
    forget: () => {
      remembered = new ExpiringMap(REMEMBERED);
    },
  };

  function toCall(parts: Iterable<Part>, lists: ReadonlyMap<string, readonly string[]>, hour: number): StoryCall {
    const named = [keys.storyTerms(hour, 'all')];
    const texts: string[] = [];
    let bytes = '';
    let count = 0;
    for (const { conversation, texts: lines, ids } of parts) {
      named.push(conversation.storyKey);
      texts.push(conversation.packedId, ...lines);
      bytes += conversation.pointer + twoBytes(lines.length) + twoBytes(ids.size);
      for (const id of ids) {
        const term = exactTerm(id);
        named.push(exactKey(keys, hour, term));
        bytes += term.field;
      }
      count += 1;
    }
    for (const [term, pointers] of lists) {
      named.push(keys.storyTerms(hour, term));
      bytes += twoBytes(pointers.length) + pointers.join('');
    }
    return { keys: named, args: [count, Buffer.from(bytes, 'latin1'), ...texts] };
  }
}

/** Whether the address was not entered in this hour yet. */
function isNews(conversation: Conversation, address: string, hour: number): boolean {
  if (conversation.address === address && conversation.hour === hour) return false;
  if (address.length <= LONGEST_REMEMBERED) Object.assign(conversation, { address, hour });
  return true;
}

function addTo(lists: Map<string, string[]>, term: string, pointer: string): void {
  const list = lists.get(term);
  if (list === undefined) lists.set(term, [pointer]);
  else list.push(pointer);
}

function twoBytes(number: number): string {
  return String.fromCharCode(number >> 8, number & 255);
}
