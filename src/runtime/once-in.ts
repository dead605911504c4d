import type { Clock } from './clock.ts';

/** Gives true the first time, and then at most once in so long: for what would be told far too often. */
export function onceIn(clock: Clock, periodMs: number): () => boolean {
  let fromMs = Number.NEGATIVE_INFINITY;
  return () => {
    const nowMs = clock.monotonicMs();
    if (nowMs < fromMs) return false;
    fromMs = nowMs + periodMs;
    return true;
  };
}
