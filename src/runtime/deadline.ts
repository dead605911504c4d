/** A signal that is aborted with the parent, or `deadlineMs` from now. For every await that leaves the process. */
export function deadline(parent: AbortSignal, deadlineMs: number): AbortSignal {
  return AbortSignal.any([parent, AbortSignal.timeout(deadlineMs)]);
}

/**
 * Races `work` with a signal, for libraries that cannot be aborted. The abandoned work's own rejection is
 * swallowed, so that it cannot surface later as an unhandled one.
 */
export function abandonOnAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      work.catch(() => undefined);
      reject(signal.reason as Error);
      return;
    }
    const onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
