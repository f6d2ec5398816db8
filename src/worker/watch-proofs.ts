import type { AwaitedProofs } from '../inbox/awaited-proofs.ts';
import type { ConversationQueue } from '../queue/conversation-queue.ts';
import { lookEvery } from './look-every.ts';

const LOOK_EVERY_MS = 1_000;
const MOST_AT_ONCE = 100;

/**
 * Schedules the conversations whose writes were not proven in time, so that they are read back. Every worker process looks, and the
 * state is in Redis: a process that dies leaves nothing unproven. Returns the function that ends this.
 */
export function watchProofs(
  proofs: Pick<AwaitedProofs, 'takeDue'>,
  queue: Pick<ConversationQueue, 'ensureJobs'>,
  now: () => number = Date.now,
): () => void {
  const takeDue = () => proofs.takeDue(now(), MOST_AT_ONCE);
  return lookEvery(LOOK_EVERY_MS, async () => {
    for (let due = await takeDue(); due.length > 0; due = due.length < MOST_AT_ONCE ? [] : await takeDue()) {
      await queue.ensureJobs(due);
    }
  });
}
