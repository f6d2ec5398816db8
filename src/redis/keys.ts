import { hash } from 'node:crypto';
import type { Work } from '../domain/inbox-entry.ts';

/**
 * Every key that hookpatch writes; the only place with their names. All begin with the prefix (`REDIS_PREFIX`), whose hash tag
 * keeps them in one slot of a Redis Cluster. `docs/redis.md` lists how long each is kept.
 */
export interface RedisKeys {
  /** Sorted set: conversations with an entry in their inbox, scored with the time of the oldest (epoch milliseconds). */
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
  /** String: the trace of a command's first request. */
  commandTrace(conversationId: string, entryId: string): string;
  /** String: the command to which a key that no signature covers refers. */
  commandName(conversationId: string, name: string): string;
  /** String: how a command ended, as JSON. */
  commandOutcomes(conversationId: string, entryId: string): string;
  /** Sorted set: conversations that must not wait, by the state of their job; scored with the time (epoch milliseconds). */
  urgent(state: 'waiting' | 'active'): string;
  /**
   * Sorted set: conversations in which a write waits for proof, scored with the time at which it is read back (epoch milliseconds),
   * or with a time beyond all others while a worker has the conversation and has sent a write that may await proof.
   */
  readonly awaiting: string;
  /** List: what events showed of a conversation while a write waited for proof, newest first, as JSON without values. */
  evidence(conversationId: string): string;
  /** List: the latest writes of hookpatch to a conversation, newest first. */
  ownWrites(conversationId: string): string;
  /** String: the state before a transfer was sent. */
  transferIntent(stepId: string): string;
  /** String: the remembered state of the conversation's last snapshot, as JSON. */
  snapshot(conversationId: string): string;
  /** Hash: when an event last came, by source (epoch milliseconds). */
  readonly lastSeen: string;
  /** String: which process keeps the notification channels open. */
  readonly sourceLease: string;
  /** String: the number and the name of the last such process; what earlier ones still write is refused. */
  readonly sourceFence: string;
  /** String: the last value that a check of Redis wrote. */
  readonly probe: string;
  /** Of every type: keys that the check at the start writes and removes again. */
  startCheck(type: string): string;
  /** Counter: orders the dead letters of one millisecond. */
  readonly deadLetterSequence: string;
  /** Hash: a limit of Genesys that all processes share. */
  limit(name: string): string;
  /** Sorted set: the processes that share limits, scored with the time of their last call (epoch milliseconds). */
  readonly limitMembers: string;
  /** List: the conversation id, then the history of its events, for people. The pointer is a digest of the id. */
  story(pointer: Buffer): string;
  /** Hash or list: the conversations of an hour (since 1970) to which a term leads. */
  storyTerms(hour: number, term: string): string;
  /** String: the secret key for the hashes of addresses. */
  readonly storySecret: string;
  /** BullMQ's key of a queue; the parts are BullMQ's names, such as `wait`. */
  queue(name: string, ...parts: readonly string[]): string;
}

/** 132 bits: no two keys meet by accident, and a key of each event is kept for a day. */
const SEEN_LENGTH = 22;

export function createKeys(prefix: string): RedisKeys {
  const key = (...parts: readonly string[]) => [prefix, ...parts].join(':');
  return {
    pending: key('pending'),
    inbox: (conversationId) => key('inbox', conversationId),
    settled: (conversationId) => key('settled', conversationId),
    seen: (kind, conversationId, entryId) =>
      key('seen', digest(JSON.stringify([kind, conversationId, entryId])).slice(0, SEEN_LENGTH)),
    replayed: (replayId) => key('replayed', digest(replayId)),
    trace: (conversationId) => key('trace', conversationId),
    commandTrace: (conversationId, entryId) => key('command-trace', conversationId, entryId),
    commandName: (conversationId, name) => key('command-name', conversationId, digest(name)),
    commandOutcomes: (conversationId, entryId) => key('command-outcomes', conversationId, entryId),
    urgent: (state) => key('urgent', state),
    awaiting: key('awaiting'),
    evidence: (conversationId) => key('evidence', conversationId),
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
    story: (pointer) => `${prefix}:story:${pointer.toString('base64url')}`,
    storyTerms: (hour, term) => `${prefix}:story-terms:${hour}:${term}`,
    storySecret: key('story-secret'),
    queue: (name, ...parts) => key(name, ...parts),
  };
}

/** Of a fixed length (43 characters), for any key that a sender chose. */
function digest(text: string): string {
  return hash('sha256', text, 'base64url');
}
