/** One entry of `GET /api/v2/notifications/availabletopics`: the expanded fields of the official SDK's `AvailableTopic`. */
export interface AvailableTopic {
  /** With the literal `{id}`. */
  readonly id: string;
  readonly description: string;
  /** Assumed for each topic; a client reads them from here. */
  readonly requiresPermissions: readonly string[];
  readonly transports: readonly ('All' | 'Websocket' | 'EventBridge' | 'ProcessAutomation')[];
}

const DETAIL_KINDS = [
  'acd.end',
  'acd.start',
  'acw',
  'attributes',
  'contact',
  'customer.end',
  'customer.start',
  'flow.end',
  'flow.outcome',
  'flow.start',
  'outbound',
  'user.end',
  'user.start',
  'voicemail.end',
  'voicemail.start',
  'wrapup',
];
const SNAPSHOT_PARTS = ['', '.calls', '.callbacks', '.chats', '.emails', '.messages'];
const EVERYWHERE = ['Websocket', 'EventBridge', 'ProcessAutomation'] as const;

const snapshots = (owner: string, permission: string): AvailableTopic[] =>
  SNAPSHOT_PARTS.map((part) => ({
    id: `${owner}.conversations${part}`,
    description: 'The conversation, whenever it changes.',
    requiresPermissions: [permission],
    transports: EVERYWHERE,
  }));

export const AVAILABLE_TOPICS: readonly AvailableTopic[] = [
  ...snapshots('v2.routing.queues.{id}', 'routing:queue:view'),
  ...snapshots('v2.users.{id}', 'conversation:communication:view'),
  ...DETAIL_KINDS.map(
    (kind): AvailableTopic => ({
      id: `v2.detail.events.conversation.{id}.${kind}`,
      description: 'A detail event; over a WebSocket for one known conversation only.',
      requiresPermissions: ['conversation:communication:view'],
      transports: EVERYWHERE,
    }),
  ),
  {
    id: 'v2.users.{id}.presence',
    description: 'Not about a conversation.',
    requiresPermissions: [],
    transports: EVERYWHERE,
  },
  {
    id: 'v2.audits.entitytype.{id}.entityid.{id}',
    description: 'Audits.',
    requiresPermissions: ['audits:audit:view'],
    transports: ['EventBridge'],
  },
];

/** The generic form of a topic: `v2.users.7a1c.presence` is `v2.users.{id}.presence`. A wildcard has none. */
export function findAvailableTopic(topicName: string): AvailableTopic | null {
  const segments = topicName.split('.');
  if (segments.some((segment) => segment === '*' || segment === '**' || segment === '{id}' || segment === '')) return null;
  return AVAILABLE_TOPICS.find(({ id }) => matches(id.split('.'), segments)) ?? null;
}

function matches(template: readonly string[], segments: readonly string[]): boolean {
  return template.length === segments.length && template.every((part, index) => part === '{id}' || part === segments[index]);
}
