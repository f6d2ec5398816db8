/** What follows `v2.detail.events.conversation.{id}.` */
const DETAIL_EVENTS: ReadonlySet<string> = new Set([
  'customer.start',
  'customer.end',
  'user.start',
  'user.end',
  'acd.start',
  'acd.end',
  'acw',
  'wrapup',
  'attributes',
  'contact',
  'flow.start',
  'flow.end',
  'flow.outcome',
  'outbound',
  'voicemail.start',
  'voicemail.end',
]);
const DETAIL_PREFIX = 'v2.detail.events.conversation.{id}.';
const MEDIA = 'calls|callbacks|chats|cobrowsesessions|emails|messages|screenshares|socialexpressions|videos';
const SNAPSHOT = new RegExp(`^v2\\.(?:users|routing\\.queues)\\.\\{id\\}\\.conversations(?:\\.(?:${MEDIA}))?$`);
const OF_CONVERSATION = /^v2\.conversations\.(?:\{id\}\.transcription|chats\.\{id\}\.(?:messages|members))$/;
const OF_USER = /^v2\.users\.\{id\}\.(?:presence|routingStatus|activity|outofoffice|station|conversationsummary)$/;
/** What else shares a bus or a channel with conversations: by its family, because the rest of such a topic is open. */
const FAMILIES: readonly (readonly [family: RegExp, label: string])[] = [
  [/^v2\.audits\./, 'v2.audits.**'],
  [/^v2\.operations\./, 'v2.operations.**'],
  [/^v2\.system\./, 'v2.system.**'],
  [/^v2\.analytics\./, 'v2.analytics.**'],
  [/^channel\.metadata$/, 'channel.metadata'],
];

/**
 * A topic as a metric label: one of those that Genesys documents, else `other`. Topics come out of payloads, so without
 * this a sender with a valid signature could make as many time series as it likes.
 */
export function topicLabel(topic: string): string {
  if (topic.startsWith(DETAIL_PREFIX) && DETAIL_EVENTS.has(topic.slice(DETAIL_PREFIX.length))) return topic;
  if (SNAPSHOT.test(topic) || OF_CONVERSATION.test(topic) || OF_USER.test(topic)) return topic;
  return FAMILIES.find(([family]) => family.test(topic))?.[1] ?? 'other';
}
