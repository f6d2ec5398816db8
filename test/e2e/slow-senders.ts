import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** What a sender begins with, and whether a byte now and then goes on with it, so that no idle time-out would help. */
export interface Beginning {
  readonly text: string;
  readonly drips: boolean;
}

/** Connections on which no request is ever complete. */
export interface SlowSenders {
  /**
   * What each was answered, when all are closed. `reset`: a byte was sent to a connection that was closed already, and the system
   * dropped the response with it.
   */
  readonly endings: Promise<readonly string[]>;
  stop(): void;
}

const DRIP_MS = 200;

/** Each begins with one of `beginnings`, in turn. */
export async function openSlowSenders(port: number, count: number, beginnings: readonly Beginning[]): Promise<SlowSenders> {
  const open = async ({ text, drips }: Beginning) => {
    const socket = connect({ host: '127.0.0.1', port });
    const ending = endingOf(socket, drips);
    await once(socket, 'connect');
    socket.write(text);
    return { socket, ending, drips };
  };
  const chosen = Array.from({ length: count }, (_, index) => beginnings[index % beginnings.length]);
  const senders = await Promise.all(chosen.flatMap((beginning) => (beginning === undefined ? [] : open(beginning))));
  const drip = setInterval(() => {
    for (const { socket, drips } of senders) if (drips && socket.writable) socket.write('x');
  }, DRIP_MS);
  const stop = () => {
    clearInterval(drip);
    for (const { socket } of senders) socket.destroy();
  };
  return { endings: Promise.all(senders.map(({ ending }) => ending)).finally(stop), stop };
}

function endingOf(socket: Socket, drips: boolean): Promise<string> {
  let received = '';
  let isReset = false;
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
  });
  // The other side closes while more is sent.
  socket.on('error', ({ code }: NodeJS.ErrnoException) => {
    isReset = drips && (code === 'ECONNRESET' || code === 'EPIPE');
  });
  return new Promise((resolve) => socket.on('close', () => resolve(received === '' && isReset ? 'reset' : received)));
}
