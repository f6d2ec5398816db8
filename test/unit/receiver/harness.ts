import { onTestFinished } from 'vitest';
import { createMemoryReceiver, type ReceiverOverrides } from './memory-receiver.ts';

export * from './memory-receiver.ts';

/** A receiver on a store in memory; closed when the test ends. */
export function startReceiver(overrides: ReceiverOverrides = {}) {
  const receiver = createMemoryReceiver(overrides);
  onTestFinished(() => receiver.app.close());
  return receiver;
}
