import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** A TCP connection to the receiver, for requests that no HTTP client would send. */
export interface RawConnection {
  readonly socket: Socket;
  write(text: string | Buffer): void;
  /** Everything that was answered, once the other side has closed the connection. */
  untilClosed(): Promise<string>;
  /** The next answer; it must have a `Content-Length`. */
  answer(): Promise<RawAnswer>;
}

export async function openConnection(port: number): Promise<RawConnection> {
  const socket = connect({ host: '127.0.0.1', port });
  onTestFinished(() => {
    socket.destroy();
  });
  let received = '';
  let progress = Promise.withResolvers<void>();
  const report = (): void => {
    progress.resolve();
    progress = Promise.withResolvers();
  };
  socket.on('close', report);
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
    report();
  });
  // A server that refuses a body closes while it is still being sent: the reset is what is expected.
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return {
    socket,
    write: (text) => {
      if (socket.writable) socket.write(text);
    },
    untilClosed: async () => {
      while (!socket.closed) await progress.promise;
      return received;
    },
    answer: async () => {
      for (;;) {
        const [answer, rest] = takeAnswer(received);
        if (answer !== null) {
          received = rest;
          return answer;
        }
        if (socket.closed) throw new Error(`the connection was closed after ${JSON.stringify(received)}`);
        await progress.promise;
      }
    },
  };
}

function takeAnswer(received: string): [RawAnswer | null, string] {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return [null, received];
  const head = received.slice(0, end);
  const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
  const rest = received.slice(end + 4);
  if (rest.length < length) return [null, received];
  const status = Number(head.split(' ')[1]);
  return [{ status, head, body: rest.slice(0, length) }, rest.slice(length)];
}
