/** Undefined where there is nothing to do. */
type Work = ((running: AbortSignal) => Promise<void>) | undefined;

/**
 * Runs all of it until the signal is aborted. What one of them throws is thrown, and ends the others: a defect in one
 * must not leave the rest behind.
 */
export async function runTogether(signal: AbortSignal, ...works: readonly Work[]): Promise<void> {
  const ended = new AbortController();
  const running = AbortSignal.any([signal, ended.signal]);
  try {
    await Promise.all(works.flatMap((work) => (work === undefined ? [] : [work(running)])));
  } finally {
    ended.abort();
  }
}
