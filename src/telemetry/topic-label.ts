import { TOPIC_CATALOGUE } from '../domain/topic-catalogue.ts';

const ABOUT_CONVERSATION: ReadonlySet<string> = new Set(TOPIC_CATALOGUE.map(({ topic }) => topic));
const OF_USER = /^v2\.users\.\{id\}\.(?:presence|routingStatus|activity|outofoffice|station|conversationsummary)$/;
/** Other topics on a bus or a channel: by family, because the rest of such a topic is open. */
const FAMILIES: readonly (readonly [family: RegExp, label: string])[] = [
  [/^v2\.audits\./, 'v2.audits.**'],
  [/^v2\.operations\./, 'v2.operations.**'],
  [/^v2\.system\./, 'v2.system.**'],
  [/^v2\.analytics\./, 'v2.analytics.**'],
  [/^channel\.metadata$/, 'channel.metadata'],
];

/**
 * A topic as a metric label: one that Genesys documents, else `other`. Topics come from payloads, so without this a sender with a
 * valid signature could create any number of time series.
 */
export function topicLabel(topic: string): string {
  if (ABOUT_CONVERSATION.has(topic) || OF_USER.test(topic)) return topic;
  return FAMILIES.find(([family]) => family.test(topic))?.[1] ?? 'other';
}
