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
const SNAPSHOT = /^v2\.(?:users|routing\.queues)\.\{id\}\.conversations(?:\.(?:calls|callbacks|chats|emails|messages))?$/;

/**
 * A topic as a metric label: one of those that Genesys documents, else `other`. Topics come out of payloads, so without
 * this a sender with a valid signature could make as many time series as it likes.
 */
export function topicLabel(topic: string): string {
  if (topic.startsWith(DETAIL_PREFIX) && DETAIL_EVENTS.has(topic.slice(DETAIL_PREFIX.length))) return topic;
  return SNAPSHOT.test(topic) ? topic : 'other';
}
