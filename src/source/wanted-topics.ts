import type { NotificationsConfig } from '../config/config.ts';
import type { Named } from '../genesys/organisation-calls.ts';

/** A queue in the setting that the client can't see. */
export interface WantedTopics {
  readonly topics: readonly string[];
  readonly unknownQueues: readonly string[];
}

export function queueTopic(queueId: string): string {
  return `v2.routing.queues.${queueId}.conversations`;
}

export function userTopic(userId: string): string {
  return `v2.users.${userId}.conversations`;
}

/** Whether the list of queues is needed. */
export function needsQueues(wanted: NotificationsConfig): boolean {
  return wanted.kind === 'queues' || wanted.queueNames.length > 0;
}

/** @param queues every queue that the client may see; names are compared without regard to case */
export function wantedTopics(wanted: NotificationsConfig, queues: readonly Named[]): WantedTopics {
  if (wanted.kind === 'queues') return { topics: queues.map(({ id }) => queueTopic(id)), unknownQueues: [] };
  const idOf = new Map(queues.map(({ id, name }) => [name.toLowerCase(), id]));
  const unknownQueues = wanted.queueNames.filter((name) => !idOf.has(name.toLowerCase()));
  const named = wanted.queueNames.flatMap((name) => idOf.get(name.toLowerCase()) ?? []);
  return { topics: [...new Set([...wanted.topics, ...named.map(queueTopic)])], unknownQueues };
}

const OWNED = /^v2\.(routing\.queues|users)\.([^.]+)\.conversations(?:\.|$)/;

/** The owner of the conversations that a topic carries; `null` when it is not a topic of a queue or a user. */
export function ownerOf(topic: string): { readonly dimension: 'queueId' | 'userId'; readonly value: string } | null {
  const [, kind, value] = OWNED.exec(topic) ?? [];
  if (value === undefined) return null;
  return { dimension: kind === 'users' ? 'userId' : 'queueId', value };
}
