import { setTimeout as delay } from 'node:timers/promises';
import type { RunningProgram } from './guardian.ts';

/** What is waited for, in words for the error, and how long at most. */
export interface Patience {
  readonly what: string;
  readonly withinMs: number;
  /** Given up at once when this program ends. It is killed when given up, and its last lines go into the error. */
  readonly program?: RunningProgram;
}

const pauseMs = 20;

/** Asks again and again until the answer is neither `undefined` nor `false`; an error counts as "not yet". */
export async function waitUntil<T>(
  patience: Patience,
  look: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  const giveUpAt = performance.now() + patience.withinMs;
  let lastError: unknown;
  while (performance.now() < giveUpAt) {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
    } catch (thrown) {
      lastError = thrown;
    }
    if (patience.program?.hasEnded() === true) throw gaveUp(patience, 'the program ended', lastError);
    await delay(pauseMs);
  }
  await patience.program?.kill();
  throw gaveUp(patience, `not within ${patience.withinMs} ms`, lastError);
}

function gaveUp({ what, program }: Patience, reason: string, cause: unknown): Error {
  const lines = program === undefined ? [] : program.output().trimEnd().split('\n').slice(-15);
  return new Error([`${what}: ${reason}`, ...lines].join('\n'), { cause });
}
