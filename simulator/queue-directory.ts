import { CODES, PlatformError } from './error-body.ts';

export interface WrapupCode {
  readonly id: string;
  readonly name: string;
}

export interface Queue {
  readonly id: string;
  readonly name: string;
  /** The codes that an agent of this queue may use. */
  readonly wrapupCodes: readonly WrapupCode[];
}

/** Exist in the simulator from the start, so that a script, a rules file and a `curl` line can name them. */
export const WRAPUP_CODES = {
  resolved: { id: '7b2f0c1e-4a3d-4f0b-9c55-1f6c2f2d9a01', name: 'Resolved' },
  followUp: { id: '7b2f0c1e-4a3d-4f0b-9c55-1f6c2f2d9a02', name: 'Follow-up needed' },
  escalated: { id: '7b2f0c1e-4a3d-4f0b-9c55-1f6c2f2d9a03', name: 'Escalated' },
  refund: { id: '7b2f0c1e-4a3d-4f0b-9c55-1f6c2f2d9a04', name: 'Refund' },
} as const satisfies Record<string, WrapupCode>;

const { resolved, followUp, escalated, refund } = WRAPUP_CODES;

export const QUEUES = {
  support: { id: '5c1e6a40-98b7-4c3e-8f5d-0d3b7a1c2e01', name: 'Support', wrapupCodes: [resolved, followUp, escalated] },
  escalations: { id: '5c1e6a40-98b7-4c3e-8f5d-0d3b7a1c2e02', name: 'Escalations', wrapupCodes: [resolved, escalated, refund] },
  sales: { id: '5c1e6a40-98b7-4c3e-8f5d-0d3b7a1c2e03', name: 'Sales', wrapupCodes: [resolved, followUp] },
} as const satisfies Record<string, Queue>;

export class QueueDirectory {
  readonly #queues = new Map<string, Queue>();

  constructor(queues: readonly Queue[]) {
    for (const queue of queues) this.add(queue);
  }

  add(queue: Queue): void {
    this.#queues.set(queue.id, queue);
  }

  remove(queueId: string): void {
    this.#queues.delete(queueId);
  }

  find(queueId: string | undefined): Queue | null {
    return (queueId !== undefined && this.#queues.get(queueId)) || null;
  }

  /** Throws 404 `not.found`. */
  require(queueId: string): Queue {
    const queue = this.find(queueId);
    if (!queue) throw new PlatformError(404, CODES.notFound, `The queue ${queueId} was not found.`, { entityId: queueId });
    return queue;
  }

  list(): Queue[] {
    return [...this.#queues.values()];
  }
}
