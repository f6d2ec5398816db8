import { Connection } from './connection.ts';
import type { PreparedRequest } from './request.ts';

export interface ClosedLoopResult {
  /** From the first timed request until the last answer. */
  readonly seconds: number;
  /** How many were timed. */
  readonly requests: number;
}

/**
 * Each connection, divided among the ports, sends its next request when it has the answer to the one before: how much the target takes at most.
 * What is sent in the first `leadInMs` is not timed.
 * @throws Error when an answer is not 202: then the figure would be of something else
 */
export async function runClosedLoop(
  requests: readonly PreparedRequest[],
  ports: readonly number[],
  connectionCount: number,
  leadInMs: number,
): Promise<ClosedLoopResult> {
  const connections = await Connection.openMany(ports, connectionCount);
  const timedFrom = performance.now() + leadInMs;
  let startedAt: number | null = null;
  let firstTimed = 0;
  let next = 0;
  const sendAll = (connection: Connection) =>
    new Promise<void>((resolve, reject) => {
      const sendNext = () => {
        const request = requests[next];
        if (request === undefined) return resolve();
        if (startedAt === null && performance.now() >= timedFrom) {
          startedAt = performance.now();
          firstTimed = next;
        }
        next += 1;
        connection.send(request.bytes, answered, reject);
      };
      const answered = (status: number) => {
        if (status === 202) sendNext();
        else reject(new Error(`answered ${status}, not 202`));
      };
      sendNext();
    });
  try {
    await Promise.all(connections.map(sendAll));
    if (startedAt === null) throw new Error(`all requests were sent within ${leadInMs} ms: too few to measure`);
    return { seconds: (performance.now() - startedAt) / 1000, requests: requests.length - firstTimed };
  } finally {
    for (const connection of connections) connection.close();
  }
}
