const PRINTABLE = /^[\x20-\x7e]{1,256}$/;
/** Where Genesys puts an id. Not found by its form: an id need not be a UUID. */
const ID_POSITION = /^(v2\.(?:detail\.events\.conversation|users|routing\.queues)\.)([^.]+)(?=\.)/;
const UUID = /(?<![^.])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![^.])/gi;
const SNAPSHOT = /^v2\.(?:users\.\{id\}\.|routing\.queues\.\{id\}\.|)conversations(?:\.(?:\{id\}\.)?(\w+))?(?=\.|$)/;
const PLACEHOLDER = '{id}';

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  calls: 'VOICE',
  callbacks: 'CALLBACK',
  chats: 'CHAT',
  emails: 'EMAIL',
  messages: 'MESSAGE',
};

export function isTopic(value: unknown): value is string {
  return typeof value === 'string' && PRINTABLE.test(value);
}

/** The topic with `{id}` in place of each id: `v2.users.7a1c.conversations.calls` is `v2.users.{id}.conversations.calls`. */
export function generalizeTopic(topic: string): string {
  return topic.replace(ID_POSITION, `$1${PLACEHOLDER}`).replace(UUID, PLACEHOLDER);
}

/** What the topic of a snapshot says about it. A snapshot is a notification whose body is the conversation itself. */
export interface Snapshot {
  /** From `v2.users.{id}.conversations`; `null` when the topic has no real user id. */
  readonly userId: string | null;
  /** From `v2.routing.queues.{id}.conversations`; likewise. */
  readonly queueId: string | null;
  /** From the topic's last part (`calls` is `VOICE`). */
  readonly mediaType: string | null;
}

/** `null` when the topic is not one of a snapshot. `general` is the same topic with ids replaced. */
export function snapshotOf(topic: string, general: string): Snapshot | null {
  const match = SNAPSHOT.exec(general);
  if (match === null) return null;
  const id = ID_POSITION.exec(topic)?.[2];
  const owner = id === undefined || id === PLACEHOLDER ? null : id;
  return {
    userId: general.startsWith('v2.users.') ? owner : null,
    queueId: general.startsWith('v2.routing.') ? owner : null,
    mediaType: MEDIA_TYPES[match[1] ?? ''] ?? null,
  };
}
