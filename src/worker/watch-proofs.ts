import type { AwaitedProofs } from '../inbox/awaited-proofs.ts';
import type { ConversationQueue } from '../queue/conversation-queue.ts';

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
  let looking = false;
  const look = async () => {
    for (let due = await takeDue(); due.length > 0; due = due.length < MOST_AT_ONCE ? [] : await takeDue()) {
      await queue.ensureJobs(due);
    }
  };
  const takeDue = () => proofs.takeDue(now(), MOST_AT_ONCE);
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    // Redis is away, which is reported elsewhere. The next look finds the same conversations.
    void look()
      .catch(() => undefined)
      .finally(() => {
        looking = false;
      });
  }, LOOK_EVERY_MS).unref();
  return () => clearInterval(timer);
}
