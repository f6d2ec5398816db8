/** Limits of Genesys: topics of a channel, and channels of an OAuth client. */
export const MAX_TOPICS = 1_000;
export const MAX_CHANNELS = 20;

export interface Assignment {
  /** The topics of each channel; the position identifies the channel. An empty list: the channel is no longer needed. */
  readonly channels: readonly (readonly string[])[];
  /** Topics for which there is no room. */
  readonly refused: readonly string[];
}

/**
 * Spreads topics over channels. A topic keeps its channel, so that a new queue changes one channel and not all. New topics fill
 * the channels that have room, then new channels.
 */
export function assignTopics(current: readonly (readonly string[])[], wanted: readonly string[]): Assignment {
  const missing = new Set(wanted);
  const channels = current.map((topics) => topics.filter((topic) => missing.delete(topic)));
  const rest = [...missing];
  for (let index = 0; index < MAX_CHANNELS && rest.length > 0; index += 1) {
    const topics = channels[index] ?? [];
    topics.push(...rest.splice(0, MAX_TOPICS - topics.length));
    channels[index] = topics;
  }
  return { channels, refused: rest };
}
