import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const HEAD_END = '\r\n\r\n';
const CONTENT_LENGTH = /\r\ncontent-length: (\d+)/i;

/**
 * One kept-alive HTTP/1.1 connection with one request at a time. Bare, because an HTTP client would cost more of the two
 * shared cores than the service that is measured; it reads just enough of an answer to know its status and where it ends.
 */
export class Connection {
  readonly #socket: Socket;
  #received = '';
  #answered: ((status: number) => void) | null = null;
  #failed: ((error: Error) => void) | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket.setNoDelay(true);
    socket.setEncoding('latin1').on('data', (text) => this.#read(String(text)));
    socket.on('error', (error) => this.#failed?.(error));
    socket.on('close', () => this.#failed?.(new Error('the connection was closed before the answer')));
  }

  static async open(port: number): Promise<Connection> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Connection(socket);
  }

  static openMany(ports: readonly number[], count: number): Promise<Connection[]> {
    return Promise.all(Array.from({ length: count }, (_, index) => Connection.open(ports[index % ports.length] ?? 0)));
  }

  /** `answered` gets the HTTP status. */
  send(bytes: Buffer, answered: (status: number) => void, failed: (error: Error) => void): void {
    this.#answered = answered;
    this.#failed = failed;
    this.#socket.write(bytes);
  }

  close(): void {
    this.#failed = null;
    this.#socket.destroy();
  }

  #read(text: string): void {
    this.#received += text;
    const headEnd = this.#received.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const bodyLength = Number(CONTENT_LENGTH.exec(this.#received)?.[1] ?? 0);
    if (this.#received.length < headEnd + HEAD_END.length + bodyLength) return;
    const status = Number(this.#received.slice(9, 12));
    this.#received = '';
    const answered = this.#answered;
    this.#answered = null;
    this.#failed = null;
    answered?.(status);
  }
}
