/** The load generator's process: prepares requests and sends them, as its parent (`load-generator.ts`) asks over IPC. */
import { runClosedLoop } from './closed-loop.ts';
import type { LoadOrder, LoadReply } from './load-generator.ts';
import { runOpenLoop } from './open-loop.ts';
import { type PreparedRequest, prepareRequests } from './request.ts';

let prepared: readonly PreparedRequest[] = [];

process.on('message', (order: LoadOrder) => {
  follow(order).then(
    (result) => reply({ ok: true, result }),
    (error: Error) => reply({ ok: false, message: error.message }),
  );
});

async function follow(order: LoadOrder): Promise<unknown> {
  if (order.kind === 'prepare') {
    prepared = prepareRequests(order.workload, order.secret);
    return prepared.length;
  }
  if (order.kind === 'closed') return runClosedLoop(prepared, order.ports, order.connections, order.leadInMs);
  return runOpenLoop(prepared, order.port, order.connections);
}

function reply(message: LoadReply): void {
  process.send?.(message);
}
