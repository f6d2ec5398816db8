import { randomUUID } from 'node:crypto';
import { type Conversation, communicationsOf, type Participant } from './conversation.ts';
import { buildSnapshot } from './conversation-snapshot.ts';
import { buildDetailEvent, type DetailEventKind } from './detail-event.ts';
import { buildEventBridgeEvent, buildNotification, detailEventContent, type EventContent } from './event-envelope.ts';
import type { WebhookOptions } from './options.ts';
import { signDelivery } from './sign-delivery.ts';

/** One event as it was sent. */
export interface Delivery {
  readonly topicName: string;
  readonly conversationId: string;
  /** The exact bytes that were signed and sent. */
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The response of the receiver; `null` when it did not respond. */
  readonly status: number | null;
  readonly error: string | null;
}

export interface RaisedEvent {
  readonly kind: DetailEventKind;
  readonly conversation: Conversation;
  readonly participant: Participant;
  readonly at: number;
  readonly lastedMs?: number | undefined;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** The timeout of EventBridge's API destinations. */
const ANSWER_TIMEOUT_MS = 5000;
const DELIVERIES_KEPT = 10_000;

/**
 * Signs events and posts them to the webhook; the events of one conversation are sent one after the other. It does not retry;
 * `redeliver` sends the same bytes again.
 */
export class EventSender {
  #webhook: WebhookOptions | null;
  #deliveries: Delivery[] = [];
  /** The last delivery under way of each conversation. */
  readonly #underWay = new Map<string, Promise<unknown>>();
  readonly #transientIds = new Map<string, string>();

  constructor(webhook: WebhookOptions | null) {
    this.#webhook = webhook;
  }

  setWebhook(webhook: WebhookOptions | null): void {
    this.#webhook = webhook;
  }

  /** Returns the deliveries, or none when there is no webhook. */
  async raise(event: RaisedEvent): Promise<Delivery[]> {
    const webhook = this.#webhook;
    if (!webhook) return [];
    const contents = this.#contents(event, webhook);
    return Promise.all(contents.map((content) => this.#enqueue(webhook, content, event.conversation.id)));
  }

  /** Sends an event that is not a detail event. An event that is not about a conversation has the conversation id `''`. */
  async send(content: EventContent, conversationId = ''): Promise<Delivery[]> {
    const webhook = this.#webhook;
    return webhook ? [await this.#enqueue(webhook, content, conversationId)] : [];
  }

  /** Sends exactly the same request again. */
  redeliver(delivery: Delivery): Promise<Delivery> {
    const webhook = this.#webhook;
    if (!webhook) throw new Error('no webhook is configured');
    return this.#inOrder(delivery.conversationId, () => this.#post(webhook.url, delivery));
  }

  deliveries(): readonly Delivery[] {
    return this.#deliveries;
  }

  clear(): void {
    this.#deliveries = [];
    this.#transientIds.clear();
  }

  /** Resolves when nothing is under way any more. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay.values());
  }

  #contents(event: RaisedEvent, webhook: WebhookOptions): EventContent[] {
    const { conversation, participant, at } = event;
    const participantId = webhook.transientParticipantIds ? this.#transientId(participant.id) : participant.id;
    const detail = detailEventContent(buildDetailEvent({ ...event, participantId }));
    const isAgentMove = event.kind === 'user.start' || event.kind === 'user.end';
    if (!webhook.snapshots || !isAgentMove || participant.userId === undefined) return [detail];
    return [detail, buildSnapshot(conversation, participant.userId, communicationsOf(participant).media, at)];
  }

  #transientId(participantId: string): string {
    const known = this.#transientIds.get(participantId) ?? randomUUID();
    this.#transientIds.set(participantId, known);
    return known;
  }

  #enqueue(webhook: WebhookOptions, content: EventContent, conversationId: string): Promise<Delivery> {
    const body = JSON.stringify(
      webhook.envelope === 'notification' ? buildNotification(content) : buildEventBridgeEvent(content),
    );
    const headers = {
      'content-type': 'application/json',
      ...(webhook.apiKey !== undefined && { 'x-api-key': webhook.apiKey }),
      ...(webhook.secret !== undefined && signDelivery(webhook.secret, body, webhook.signature)),
    };
    const unsent = { topicName: content.topicName, conversationId, body, headers };
    return this.#inOrder(conversationId, () => this.#post(webhook.url, unsent));
  }

  #inOrder(conversationId: string, send: () => Promise<Delivery>): Promise<Delivery> {
    const sent = (this.#underWay.get(conversationId) ?? Promise.resolve()).then(send);
    const settled = sent.finally(() => {
      if (this.#underWay.get(conversationId) === settled) this.#underWay.delete(conversationId);
    });
    this.#underWay.set(conversationId, settled);
    return settled;
  }

  async #post(url: string, unsent: Omit<Delivery, 'status' | 'error'>): Promise<Delivery> {
    const { topicName, conversationId, body, headers } = unsent;
    const outcome = await post(url, headers, body);
    const delivery = { topicName, conversationId, body, headers, ...outcome };
    this.#deliveries.push(delivery);
    if (this.#deliveries.length > DELIVERIES_KEPT * 1.25) this.#deliveries = this.#deliveries.slice(-DELIVERIES_KEPT);
    return delivery;
  }
}

async function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<Pick<Delivery, 'status' | 'error'>> {
  try {
    const response = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    await response.arrayBuffer();
    return { status: response.status, error: null };
  } catch (error) {
    return { status: null, error: error instanceof Error ? error.message : String(error) };
  }
}
