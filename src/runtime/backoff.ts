/** How pauses grow between tries: doubled after each failure, up to a longest one. */
export interface Pace {
  readonly firstMs: number;
  readonly longestMs: number;
}

/**
 * The pause after `failures` failures in a row (1 for the first). `chance` (0 to 1) spreads it over the upper
 * half of what is due, so that many who failed together do not come back together.
 */
export function pauseMs(pace: Pace, failures: number, chance: number): number {
  // 2^30 first pauses are over any longest one; without the cut a long outage overflows to Infinity.
  const doublings = Math.min(Math.max(failures - 1, 0), 30);
  const dueMs = Math.min(pace.firstMs * 2 ** doublings, pace.longestMs);
  return dueMs / 2 + (dueMs / 2) * chance;
}
