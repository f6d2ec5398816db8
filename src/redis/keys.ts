import { hash } from 'node:crypto';
import type { Work } from '../domain/inbox-entry.ts';

/**
 * Every key that hookpatch writes; the one home of their names. All begin with the prefix (`REDIS_PREFIX`), whose hash tag keeps them in
 * one slot of a Redis Cluster. `docs/redis.md` says how long each is kept.
 */
export interface RedisKeys {
  /** Sorted set: conversations with an entry in their inbox, scored with when the oldest was received (epoch milliseconds). */
  readonly pending: string;
  /** List: the entries of a conversation, oldest first. */
  inbox(conversationId: string): string;
  /** String: the token of the last settlement of an inbox. */
  settled(conversationId: string): string;
  /** String: the idempotency key of an event or a command; holds a digest of the content. */
  seen(kind: Work['kind'], conversationId: string, entryId: string): string;
  /** String: a dead letter was put back. */
  replayed(replayId: string): string;
  /** String: the first trace of a conversation. */
  trace(conversationId: string): string;
  /** String: the trace that a command was first asked with. */
  commandTrace(conversationId: string, entryId: string): string;
  /** String: which command a key that no signature covers stands for. */
  commandName(conversationId: string, name: string): string;
  /** String: how a command ended, as JSON. */
  commandOutcomes(conversationId: string, entryId: string): string;
  /** List: what hookpatch wrote to a conversation lately, newest first. */
  ownWrites(conversationId: string): string;
  /** String: what was known when a transfer was about to be sent. */
  transferIntent(stepId: string): string;
  /** String: what is remembered of the conversation's last snapshot, as JSON. */
  snapshot(conversationId: string): string;
  /** Hash: when an event last came, by the way that it came (epoch milliseconds). */
  readonly lastSeen: string;
  /** String: which process keeps the notification channels open. */
  readonly sourceLease: string;
  /** Counter: how often that process changed. */
  readonly sourceFence: string;
  /** String: what a check of Redis wrote last. */
  readonly probe: string;
  /** Of every type: what the check at the start writes and removes again. */
  startCheck(type: string): string;
  /** Counter: orders the dead letters of one millisecond. */
  readonly deadLetterSequence: string;
  /** Hash: a limit of Genesys that all processes share. */
  limit(name: string): string;
  /** Sorted set: the processes that share limits, scored with when they last asked (epoch milliseconds). */
  readonly limitMembers: string;
  /** List: what became of the events of a conversation, for people. */
  story(conversationId: string): string;
  /** Hash or list: conversations of an hour (since 1970) that a term leads to. */
  storyTerms(hour: number, term: string): string;
  /** String: the key of the hashes of addresses. */
  readonly storySecret: string;
  /** BullMQ's key of a queue; the parts are BullMQ's names, such as `wait`. */
  queue(name: string, ...parts: readonly string[]): string;
}

export function createKeys(prefix: string): RedisKeys {
  const key = (...parts: readonly string[]) => [prefix, ...parts].join(':');
  return {
    pending: key('pending'),
    inbox: (conversationId) => key('inbox', conversationId),
    settled: (conversationId) => key('settled', conversationId),
    seen: (kind, conversationId, entryId) => key('seen', digest(JSON.stringify([kind, conversationId, entryId]))),
    replayed: (replayId) => key('replayed', digest(replayId)),
    trace: (conversationId) => key('trace', conversationId),
    commandTrace: (conversationId, entryId) => key('command-trace', conversationId, entryId),
    commandName: (conversationId, name) => key('command-name', conversationId, digest(name)),
    commandOutcomes: (conversationId, entryId) => key('command-outcomes', conversationId, entryId),
    ownWrites: (conversationId) => key('own-writes', conversationId),
    transferIntent: (stepId) => key('transfer', digest(stepId)),
    snapshot: (conversationId) => key('snapshot', conversationId),
    lastSeen: key('last-seen'),
    sourceLease: key('source-lease'),
    sourceFence: key('source-fence'),
    probe: key('probe'),
    startCheck: (type) => key('start-check', type),
    deadLetterSequence: key('dead-letter-sequence'),
    limit: (name) => key('limit', name),
    limitMembers: key('limit-members'),
    story: (conversationId) => key('story', conversationId),
    storyTerms: (hour, term) => key('story-terms', String(hour), term),
    storySecret: key('story-secret'),
    queue: (name, ...parts) => key(name, ...parts),
  };
}

/** Of a fixed length whatever a sender chose as its key; 43 characters. */
function digest(text: string): string {
  return hash('sha256', text, 'base64url');
}
