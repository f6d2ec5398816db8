import type { Readable } from 'node:stream';
import { bodyTooLarge, Problem } from './problem.ts';
import type { ReceivedBytes } from './receiving-budget.ts';

export interface CollectOptions {
  /** The `Content-Length`; `null` when the body comes in chunks. */
  readonly announced: number | null;
  readonly limitBytes: number;
  readonly received: ReceivedBytes;
}

const FIRST_BYTES = 4_096;
/** So many chunks may have any size. More are allowed only by the bytes received: each chunk costs time, however small it is. */
const FREE_CHUNKS = 1_000;
const BYTES_OF_A_CHUNK = 16;

/**
 * Collects the whole body in one buffer. Keeping the chunks instead would cost some hundred bytes for each, even for a chunk of
 * one byte. An announced size is held from the beginning, so that a body for which there is no room is refused unread.
 *
 * @throws Problem `body-too-large`, `chunks-too-small`, `overloaded`; `bad-request` when the sender goes away
 */
export function collectBody(payload: Readable, { announced, limitBytes, received }: CollectOptions): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  let body: Buffer = Buffer.alloc(0);
  let size = 0;
  let chunks = 0;
  let ended = false;

  // A refused body is drained and not paused: a paused stream would keep one object for each chunk that Node has read.
  const end = (settle: () => void) => {
    if (ended) return;
    ended = true;
    body = Buffer.alloc(0);
    settle();
  };
  const refuse = (error: unknown) =>
    end(() => {
      received.release();
      reject(error);
    });

  const add = (chunk: Buffer) => {
    size += chunk.length;
    chunks += 1;
    if (size > limitBytes) throw bodyTooLarge();
    if (chunks > FREE_CHUNKS + size / BYTES_OF_A_CHUNK) throw chunksTooSmall();
    if (size === announced && chunks === 1) {
      // The usual case: the chunk is a copy of its own already.
      received.hold(size);
      body = chunk;
      return;
    }
    if (size > body.length) body = grown(body, size);
    chunk.copy(body, size - chunk.length);
  };
  const grown = (old: Buffer, needed: number) => {
    const capacity = announced ?? capacityFor(old.length, needed, limitBytes);
    received.hold(capacity);
    const next = Buffer.allocUnsafeSlow(capacity);
    old.copy(next);
    return next;
  };

  try {
    received.hold(announced ?? 0);
  } catch (error) {
    reject(error);
    return promise;
  }
  received.onCutOff(refuse);
  payload.on('data', (chunk: Buffer) => {
    if (ended) return;
    try {
      add(chunk);
    } catch (error) {
      refuse(error);
    }
  });
  payload.once('end', () => {
    received.complete();
    const whole = body.subarray(0, size);
    end(() => resolve(whole));
  });
  payload.once('error', () => refuse(incomplete()));
  // After every request; an error that nobody reads would cost more than the rest of this function.
  payload.once('close', () => {
    if (!ended) refuse(incomplete());
  });
  return promise;
}

/** Doubles, so that a byte is copied about once; never more than the largest possible body. */
function capacityFor(old: number, needed: number, most: number): number {
  return Math.max(needed, Math.min(Math.max(old * 2, FIRST_BYTES), most));
}

/** Nobody receives it, but it is the sender's error and not ours. */
function incomplete(): Problem {
  return new Problem({ status: 400, code: 'bad-request', detail: 'The body did not arrive whole.' });
}

function chunksTooSmall(): Problem {
  return new Problem({ status: 400, code: 'chunks-too-small', detail: 'The body came in too many too small chunks.' });
}
