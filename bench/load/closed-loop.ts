import { Connection } from './connection.ts';
import type { PreparedRequest } from './request.ts';

export interface ClosedLoopResult {
  /** From the first request until the last answer. */
  readonly seconds: number;
}

/**
 * Each connection, divided among the ports, sends its next request when it has the answer to the one before: how much the target takes at most.
 * @throws Error when an answer is not 202: then the figure would be of something else
 */
export async function runClosedLoop(
  requests: readonly PreparedRequest[],
  ports: readonly number[],
  connectionCount: number,
): Promise<ClosedLoopResult> {
  const connections = await Connection.openMany(ports, connectionCount);
  const startedAt = performance.now();
  let next = 0;
  const sendAll = (connection: Connection) =>
    new Promise<void>((resolve, reject) => {
      const sendNext = () => {
        const request = requests[next++];
        if (request === undefined) return resolve();
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
    return { seconds: (performance.now() - startedAt) / 1000 };
  } finally {
    for (const connection of connections) connection.close();
  }
}
