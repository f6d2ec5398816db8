import { randomUUID } from 'node:crypto';
import { findAvailableTopic } from './available-topics.ts';
import { CODES, PlatformError } from './error-body.ts';

/** One entry of a subscription, as the API returns it: the official SDK's `ChannelTopic`. */
export interface ChannelTopic {
  readonly id: string;
  readonly state: 'Permitted' | 'Rejected';
  readonly rejectionReason?: string;
  readonly missingPermissions?: readonly string[];
}

export interface NotificationChannel {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  readonly topics: ReadonlySet<string>;
}

export interface ChannelRules {
  /** Default 20 channels for the client, 1,000 topics for a channel, 24 hours. */
  readonly maxChannels: number;
  readonly maxTopics: number;
  readonly lifetimeMs: number;
  /** Of the client; `null` is all. */
  permissions(): readonly string[] | null;
  now(): number;
}

/** The channels of the notification service and their subscriptions; knows neither HTTP nor sockets. */
export class NotificationChannels {
  readonly #channels = new Map<string, NotificationChannel & { topics: Set<string> }>();
  readonly #rules: ChannelRules;

  constructor(rules: ChannelRules) {
    this.#rules = rules;
  }

  /**
   * Assumed: if the client has all its channels, a new one replaces the oldest one without a connection. If all are connected,
   * the new one is refused with 429.
   */
  create(isConnected: (channelId: string) => boolean): NotificationChannel {
    const { maxChannels, lifetimeMs, now } = this.#rules;
    if (this.list().length >= maxChannels) {
      const idle = this.list().find(({ id }) => !isConnected(id));
      if (!idle) {
        const message = `The limit of ${maxChannels} channels is reached. Retry the request in [60] seconds`;
        throw new PlatformError(429, CODES.tooManyRequests, message, { retryAfter: '60' });
      }
      this.#channels.delete(idle.id);
    }
    const channel = { id: `streaming-0-${randomUUID()}`, expiresAt: now() + lifetimeMs, topics: new Set<string>() };
    this.#channels.set(channel.id, channel);
    return channel;
  }

  /** Those that have not expired, oldest first. */
  list(): NotificationChannel[] {
    const now = this.#rules.now();
    for (const { id, expiresAt } of this.#channels.values()) if (expiresAt <= now) this.#channels.delete(id);
    return [...this.#channels.values()];
  }

  find(channelId: string): NotificationChannel | null {
    return this.list().find(({ id }) => id === channelId) ?? null;
  }

  /**
   * Adds to the subscription or replaces it. A topic that is not available is refused; without `ignoreErrors` the whole request
   * is refused.
   * Throws a PlatformError.
   */
  subscribe(channelId: string, ids: readonly string[], how: { replace: boolean; ignoreErrors: boolean }): ChannelTopic[] {
    const channel = this.#require(channelId);
    const decided = ids.map((id) => decide(id, this.#rules.permissions()));
    const refused = decided.find(({ state }) => state === 'Rejected');
    if (refused && !how.ignoreErrors) throw new PlatformError(400, CODES.invalidTopic, `${refused.rejectionReason}`);
    const permitted = decided.filter(({ state }) => state === 'Permitted').map(({ id }) => id);
    const topics = new Set([...(how.replace ? [] : channel.topics), ...permitted]);
    if (topics.size > this.#rules.maxTopics) {
      throw new PlatformError(400, CODES.tooManyTopics, `A channel may have ${this.#rules.maxTopics} topics.`);
    }
    channel.topics = topics;
    return decided;
  }

  subscriptions(channelId: string): ChannelTopic[] {
    return Array.from(this.#require(channelId).topics, (id) => ({ id, state: 'Permitted' }));
  }

  clear(): void {
    this.#channels.clear();
  }

  #require(channelId: string) {
    this.list();
    const channel = this.#channels.get(channelId);
    if (!channel)
      throw new PlatformError(404, CODES.notFound, `The channel ${channelId} was not found.`, { entityId: channelId });
    return channel;
  }
}

function decide(id: string, permissions: readonly string[] | null): ChannelTopic {
  const topic = findAvailableTopic(id);
  if (!topic?.transports.includes('Websocket')) {
    const reason = topic ? `The topic ${topic.id} is not available for this transport.` : `The topic ${id} does not exist.`;
    return { id, state: 'Rejected', rejectionReason: reason };
  }
  const missing = permissions === null ? [] : topic.requiresPermissions.filter((each) => !permissions.includes(each));
  if (missing.length === 0) return { id, state: 'Permitted' };
  return { id, state: 'Rejected', rejectionReason: 'Missing permissions.', missingPermissions: missing };
}
