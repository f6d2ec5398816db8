import { createHash } from 'node:crypto';

/**
 * What is sent. The same workload is the same events, in every process; a workload with another `salt` has none of them.
 * - `steady`: one event after the other, of one conversation after the other.
 * - `calls`: calls of 8 to 12 events, `gapMs` apart; a new call begins every `staggerMs`.
 */
export type Workload =
  | {
      readonly kind: 'steady';
      readonly salt: string;
      readonly events: number;
      readonly conversations: number;
      readonly perSecond: number;
    }
  | {
      readonly kind: 'calls';
      readonly salt: string;
      readonly calls: number;
      readonly gapMs: number;
      readonly staggerMs: number;
    };

export interface PlannedEvent {
  /** From the start of the run; ignored where events are sent as fast as they are answered. */
  readonly atMs: number;
  readonly id: string;
  readonly conversationId: string;
  /** Of the event within its conversation, from 0. */
  readonly position: number;
}

/** The events in the order in which they are sent. */
export function planEvents(workload: Workload): PlannedEvent[] {
  const planned = workload.kind === 'steady' ? planSteady(workload) : planCalls(workload);
  return planned.sort((a, b) => a.atMs - b.atMs);
}

export function conversationIdsOf(workload: Workload): string[] {
  const count = workload.kind === 'steady' ? Math.min(workload.conversations, workload.events) : workload.calls;
  return Array.from({ length: count }, (_, index) => conversationId(workload.salt, index));
}

function planSteady({ salt, events, conversations, perSecond }: Workload & { kind: 'steady' }): PlannedEvent[] {
  const ids = Array.from({ length: conversations }, (_, index) => conversationId(salt, index));
  return Array.from({ length: events }, (_, index) => ({
    atMs: (index * 1000) / perSecond,
    id: uuid(`${salt} event ${index}`),
    conversationId: ids[index % conversations] ?? '',
    position: Math.floor(index / conversations),
  }));
}

function planCalls({ salt, calls, gapMs, staggerMs }: Workload & { kind: 'calls' }): PlannedEvent[] {
  return Array.from({ length: calls }, (_, call) =>
    Array.from({ length: 8 + (call % 5) }, (_, position) => ({
      atMs: call * staggerMs + position * gapMs,
      id: uuid(`${salt} call ${call} event ${position}`),
      conversationId: conversationId(salt, call),
      position,
    })),
  ).flat();
}

function conversationId(salt: string, index: number): string {
  return uuid(`${salt} conversation ${index}`);
}

function uuid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
}
