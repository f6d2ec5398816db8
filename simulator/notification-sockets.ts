import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Conversation } from './conversation.ts';
import { buildNotification } from './event-envelope.ts';
import type { NotificationChannels } from './notification-channels.ts';
import { buildConversationSnapshot, topicsOf } from './queue-snapshot.ts';

export interface SocketOptions {
  /** 0: only when `heartbeat` is called. */
  readonly heartbeatMs: number;
  /** From `v2.system.socket_closing` until the socket is closed. */
  readonly closingNoticeMs: number;
  now(): number;
}

const PATH = /^\/channels\/([\w-]+)$/;

/** The sockets of the notification channels. A channel has one: a second one closes the first. */
export class NotificationSockets {
  readonly #channels: NotificationChannels;
  readonly #options: SocketOptions;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: 65_536 });
  readonly #sockets = new Map<string, WebSocket>();
  /** Channels whose sockets are open but silent, as after a lost network. */
  readonly #silent = new Set<string>();
  readonly #timers = new Set<NodeJS.Timeout>();
  /** Messages sent, heartbeats not counted. */
  published = 0;

  constructor(channels: NotificationChannels, options: SocketOptions) {
    this.#channels = channels;
    this.#options = options;
    if (options.heartbeatMs > 0) this.#timers.add(setInterval(() => this.heartbeat(), options.heartbeatMs).unref());
  }

  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  isConnected(channelId: string): boolean {
    return this.#sockets.has(channelId);
  }

  /** Sends to every channel that has subscribed to one of the conversation's topics, once for each topic. */
  publish(conversation: Conversation): void {
    if (this.#sockets.size === 0) return;
    const topics = topicsOf(conversation);
    const eventBody = buildConversationSnapshot(conversation) as Readonly<Record<string, unknown>>;
    for (const channel of this.#channels.list()) {
      for (const topicName of topics) {
        if (!channel.topics.has(topicName)) continue;
        const sent = this.#send(
          channel.id,
          buildNotification({ topicName, topicTemplate: topicName, at: this.#options.now(), eventBody }),
        );
        if (sent) this.published += 1;
      }
    }
  }

  /** Sends to every channel; expired channels lose their sockets. */
  heartbeat(): void {
    for (const [channelId, socket] of this.#sockets) {
      if (this.#channels.find(channelId)) this.#send(channelId, metadata('WebSocket Heartbeat'));
      else socket.close(1001);
    }
  }

  /** Announces the end of a channel's socket (of all, without an id), and closes it after the notice. */
  announceClosing(channelId?: string): void {
    const body = {
      topicName: 'v2.system.socket_closing',
      version: '2',
      eventBody: { message: 'The socket is closed for maintenance.' },
    };
    for (const [id, socket] of this.#chosen(channelId)) {
      this.#send(id, body);
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        socket.close(1001);
      }, this.#options.closingNoticeMs).unref();
      this.#timers.add(timer);
    }
  }

  /** Breaks the connections of a channel, or of all, without notice. Returns how many there were. */
  drop(channelId?: string): number {
    const chosen = this.#chosen(channelId);
    for (const [id, socket] of chosen) {
      this.#sockets.delete(id);
      socket.terminate();
    }
    return chosen.length;
  }

  /** The socket stays open, and nothing is sent any more. */
  silence(channelId?: string): void {
    for (const [id] of this.#chosen(channelId)) this.#silent.add(id);
  }

  /** Resolves when the other side has read everything that was sent so far: it responds to a ping after the earlier messages. */
  async read(): Promise<void> {
    const answered = (socket: WebSocket) =>
      new Promise<void>((resolve) => {
        const done = () => {
          socket.off('pong', done).off('close', done);
          resolve();
        };
        socket.on('pong', done).on('close', done);
        socket.ping();
      });
    await Promise.all(Array.from(this.#sockets.values(), answered));
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const socket of this.#sockets.values()) socket.terminate();
    this.#server.close();
  }

  #chosen(channelId: string | undefined): [string, WebSocket][] {
    return [...this.#sockets].filter(([id]) => channelId === undefined || id === channelId);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const channelId = PATH.exec(request.url ?? '')?.[1] ?? '';
    if (!this.#channels.find(channelId)) {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (connected) => this.#accept(channelId, connected));
  }

  #accept(channelId: string, socket: WebSocket): void {
    this.#sockets.get(channelId)?.close(1001);
    this.#sockets.set(channelId, socket);
    this.#silent.delete(channelId);
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      if (this.#sockets.get(channelId) === socket) this.#sockets.delete(channelId);
    });
    socket.on('message', (data) => {
      if (isPing(String(data))) this.#send(channelId, metadata('pong'));
    });
  }

  #send(channelId: string, message: object): boolean {
    const socket = this.#sockets.get(channelId);
    if (!socket || this.#silent.has(channelId)) return false;
    socket.send(JSON.stringify(message));
    return true;
  }
}

function metadata(message: string) {
  return { topicName: 'channel.metadata', version: '2', eventBody: { message } };
}

function isPing(text: string): boolean {
  try {
    return (JSON.parse(text) as { message?: unknown } | null)?.message === 'ping';
  } catch {
    return false;
  }
}
