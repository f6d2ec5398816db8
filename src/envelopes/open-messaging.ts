import { isObject, type JsonObject } from '../domain/json-object.ts';

/**
 * Whether this is what an Open Messaging integration posts to its webhook: a message, receipt or typing event for the far end. It
 * is signed with `X-Hub-Signature-256`, as events may be. It names no conversation and is not an event about one.
 */
export function isOpenMessage({ channel, type, topicName, eventType }: JsonObject): boolean {
  if (!isObject(channel) || typeof type !== 'string' || topicName !== undefined || eventType !== undefined) return false;
  return channel.platform === 'Open' || isObject(channel.from) || isObject(channel.to);
}
