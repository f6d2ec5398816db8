import { Agent } from 'node:https';
import { WebSocket } from 'ws';
import type { Clock } from '../genesys/clock.ts';

/**
 * Why a socket is no longer in use:
 * - `lost`: it was closed or broke; events in the meantime are lost
 * - `silent`: no heartbeat came for {@link SILENCE_MS}; events in the meantime are lost
 */
export type SocketEnd = 'lost' | 'silent';

export interface SocketHandlers {
  /** A text as received; heartbeats are left out. */
  onMessage(text: string): void;
  /** Genesys closes the socket in about a minute. */
  onClosingAnnounced(): void;
  /** Called once, unless this side closed the socket. */
  onEnd(end: SocketEnd): void;
}

export interface NotificationSocket {
  /** Ends the connection at once; no handler is called any more. */
  close(): void;
}

/** Genesys sends a heartbeat about every 30 s: two in a row were missed. */
export const SILENCE_MS = 65_000;
const HANDSHAKE_MS = 10_000;
/** A conversation with hundreds of participants has some hundred kilobytes. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/** Resolves when the socket is open. @throws Error when it can't be opened */
export function openNotificationSocket(connectUri: string, handlers: SocketHandlers, clock: Clock): Promise<NotificationSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(connectUri, {
      handshakeTimeout: HANDSHAKE_MS,
      maxPayload: MAX_MESSAGE_BYTES,
      followRedirects: false,
      ...(connectUri.startsWith('wss:') ? { agent: agentOfEnvironment() } : {}),
    });
    let cancelSilence = () => {};
    let ended = false;
    const end = (report: () => void) => {
      if (ended) return;
      ended = true;
      cancelSilence();
      socket.terminate();
      report();
    };
    const watchSilence = () => {
      cancelSilence();
      cancelSilence = clock.setTimer(() => end(() => handlers.onEnd('silent')), SILENCE_MS);
    };
    let opened = false;
    socket.on('error', (error) => (opened ? end(() => handlers.onEnd('lost')) : end(() => reject(error))));
    socket.on('close', () => end(() => (opened ? handlers.onEnd('lost') : reject(new Error('the socket was closed')))));
    socket.on('open', () => {
      opened = true;
      watchSilence();
      resolve({ close: () => end(() => {}) });
    });
    socket.on('message', (data) => {
      if (ended) return;
      watchSilence();
      dispatch(String(data), handlers);
    });
  });
}

/** Opens a tunnel through the proxy of `HTTPS_PROXY` unless `NO_PROXY` names the host, as for the calls to Genesys. */
function agentOfEnvironment(): Agent {
  return new Agent({ proxyEnv: process.env });
}

/**
 * The topics of the channel itself have short messages. The length keeps a conversation whose text contains such a word from
 * being taken for one.
 */
const LONGEST_SYSTEM_MESSAGE = 1_000;

function dispatch(text: string, handlers: SocketHandlers): void {
  const mayBeSystem = text.length <= LONGEST_SYSTEM_MESSAGE;
  if (mayBeSystem && text.includes('"channel.metadata"')) return;
  if (mayBeSystem && text.includes('"v2.system.socket_closing"')) handlers.onClosingAnnounced();
  else handlers.onMessage(text);
}
