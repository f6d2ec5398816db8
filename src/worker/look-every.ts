/**
 * Calls `look` every `intervalMs`, but never before the last call has ended. A failed look is not reported: that Redis is away is
 * reported elsewhere, and the next look finds the same. Returns the function that ends this.
 */
export function lookEvery(intervalMs: number, look: () => Promise<void>): () => void {
  let looking = false;
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void look()
      .catch(() => undefined)
      .finally(() => {
        looking = false;
      });
  }, intervalMs).unref();
  return () => clearInterval(timer);
}
