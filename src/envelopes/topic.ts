import { MEDIA_TYPES } from '../domain/media-types.ts';

const PRINTABLE = /^[\x20-\x7e]{1,256}$/;
const PLACEHOLDER = '{id}';

/** The positions where Genesys puts an id. They are not found by the form of an id, because an id need not be a UUID. */
const MEDIUM = `(?:${Object.keys(MEDIA_TYPES).join('|')})`;
const OWNER_POSITION = /^(v2\.(?:detail\.events\.conversation|users|routing\.queues)\.)([^.]+)(?=\.)/;
const CONVERSATION_POSITION = new RegExp(`^(v2\\.conversations\\.(?:${MEDIUM}\\.)?)((?!${MEDIUM}(?:\\.|$))[^.]+)(?=\\.)`);
const UUID = /(?<![^.])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![^.])/gi;
/** Genesys's topics about one conversation; of a relay's own topics, those with a segment `conversation` or `conversations`. */
const ABOUT_CONVERSATION =
  /^v2\.(?:detail\.events\.conversation|(?:users\.\{id\}\.|routing\.queues\.\{id\}\.|)conversations)(?:\.|$)|^(?!v2\.)(?:.*\.)?conversations?(?:\.|$)/;
/** Resources of a user or a queue whose topics carry the whole conversation. */
const OWNED_CONVERSATIONS = new RegExp(`^v2\\.(?:users|routing\\.queues)\\.\\{id\\}\\.conversations(?:\\.${MEDIUM})?$`);
const MEDIUM_OF_CONVERSATION = new RegExp(`\\bconversations\\.(?:\\{id\\}\\.)?(${MEDIUM})(?=\\.|$)`);

export function isTopic(value: unknown): value is string {
  return typeof value === 'string' && PRINTABLE.test(value);
}

/** The topic with `{id}` in place of each id: `v2.users.7a1c.conversations.calls` is `v2.users.{id}.conversations.calls`. */
export function generalizeTopic(topic: string): string {
  const owned = topic.replace(OWNER_POSITION, `$1${PLACEHOLDER}`).replace(CONVERSATION_POSITION, `$1${PLACEHOLDER}`);
  return owned.replace(UUID, PLACEHOLDER);
}

/** Whether the topic alone shows that the event is about a conversation. Presence, audits, operations and heartbeats are not. */
export function claimsConversation(general: string): boolean {
  return ABOUT_CONVERSATION.test(general);
}

/** Whether the body of this topic is always a conversation: `v2.users.{id}.conversations.calls` and similar topics. */
export function isConversationTopic(general: string): boolean {
  return OWNED_CONVERSATIONS.test(general);
}

/** The medium that a topic about conversations names (`calls` is `VOICE`); `null` when it names none. */
export function mediaTypeOf(general: string): string | null {
  return MEDIA_TYPES[MEDIUM_OF_CONVERSATION.exec(general)?.[1] ?? ''] ?? null;
}

export interface TopicOwner {
  /** From `v2.users.{id}.`; `null` when the topic has no real user id. */
  readonly userId: string | null;
  /** From `v2.routing.queues.{id}.`; likewise. */
  readonly queueId: string | null;
}

/** Whose topic it is. `topic` still has its ids. */
export function ownerOf(topic: string): TopicOwner {
  const [, prefix, id] = OWNER_POSITION.exec(topic) ?? [];
  const owner = id === undefined || id === PLACEHOLDER ? null : id;
  return {
    userId: prefix === 'v2.users.' ? owner : null,
    queueId: prefix === 'v2.routing.queues.' ? owner : null,
  };
}
