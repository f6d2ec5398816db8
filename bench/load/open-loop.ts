import { Connection } from './connection.ts';
import type { PreparedRequest } from './request.ts';

export interface OpenLoopResult {
  /** Milliseconds from when each request was to be sent until its answer, in the order of the plan. */
  readonly latenciesMs: readonly number[];
  /** Epoch milliseconds at which each request was to be sent. */
  readonly scheduledAt: readonly number[];
}

/**
 * Sends each request at its time, whether earlier ones are answered or not, and measures from that time: a target that
 * stalls is charged for all that would have come meanwhile ("coordinated omission" is when it is not).
 * @throws Error when an answer is not 202
 */
export async function runOpenLoop(
  requests: readonly PreparedRequest[],
  port: number,
  connectionCount: number,
): Promise<OpenLoopResult> {
  const idle = await Connection.openMany([port], connectionCount);
  const all = [...idle];
  try {
    return await sendOnSchedule(requests, idle);
  } finally {
    for (const connection of all) connection.close();
  }
}

function sendOnSchedule(requests: readonly PreparedRequest[], idle: Connection[]): Promise<OpenLoopResult> {
  const startedAt = performance.now();
  const dueAt = requests.map(({ event }) => startedAt + event.atMs);
  const latenciesMs = new Array<number>(requests.length);
  let next = 0;
  let answers = 0;
  return new Promise((resolve, reject) => {
    const sendDue = () => {
      while (idle.length > 0 && (dueAt[next] ?? Number.POSITIVE_INFINITY) <= performance.now()) send(next++);
    };
    const timer = setInterval(sendDue, 1);
    const fail = (error: Error) => {
      clearInterval(timer);
      reject(error);
    };
    const send = (index: number) => {
      const connection = idle.pop();
      const request = requests[index];
      if (connection === undefined || request === undefined) return;
      const answered = (status: number) => {
        if (status !== 202) return fail(new Error(`answered ${status}, not 202`));
        latenciesMs[index] = performance.now() - (dueAt[index] ?? 0);
        idle.push(connection);
        answers += 1;
        if (answers < requests.length) return sendDue();
        clearInterval(timer);
        resolve({ latenciesMs, scheduledAt: dueAt.map((due) => performance.timeOrigin + due) });
      };
      connection.send(request.bytes, answered, fail);
    };
  });
}
