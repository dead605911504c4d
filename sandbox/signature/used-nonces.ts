/** How far a call's own time may be off, either way. Source: the message of InvalidTimeStamp.Expired. */
export const signatureWindowMs = 15 * 60_000;

/** The nonces of calls that were let through, kept for as long as such a call could still be sent again. */
export class UsedNonces {
  readonly #usedUntilMs = new Map<string, number>();

  /** Whether this is the first use. */
  use(accessKeyId: string, nonce: string, nowMs: number): boolean {
    this.#forget(nowMs);
    const key = JSON.stringify([accessKeyId, nonce]);
    if (this.#usedUntilMs.has(key)) return false;
    this.#usedUntilMs.set(key, nowMs + 2 * signatureWindowMs);
    return true;
  }

  #forget(nowMs: number): void {
    for (const [key, untilMs] of this.#usedUntilMs) {
      if (untilMs > nowMs) return;
      this.#usedUntilMs.delete(key);
    }
  }
}
