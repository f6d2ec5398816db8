const SECOND_MS = 1_000;

/** The result of `work`, shared by all callers within a second of its start. A failure is not kept. */
export function onceASecond<T>(work: () => Promise<T>): () => Promise<T> {
  let current: Promise<T> | null = null;
  let startedAt = 0;
  return () => {
    if (current !== null && performance.now() - startedAt < SECOND_MS) return current;
    startedAt = performance.now();
    const started = work();
    current = started;
    started.catch(() => {
      if (current === started) current = null;
    });
    return started;
  };
}
