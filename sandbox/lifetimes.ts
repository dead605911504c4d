/**
 * Shortens the lifetimes that the sandbox hands out, so that an hour can pass in seconds. Clocks stay real:
 * signature windows and what a client chose itself are not scaled.
 */
export class Lifetimes {
  readonly #timeScale: number;

  /** `timeScale` 600 lets an hour pass in 6 s. Throws RangeError below 1. */
  constructor(timeScale: number) {
    if (!(timeScale >= 1)) throw new RangeError(`a time scale is a number from 1 on, not ${timeScale}`);
    this.#timeScale = timeScale;
  }

  /** How many real milliseconds a lifetime of the cloud takes here. */
  scaledMs(seconds: number): number {
    return Math.round((seconds * 1000) / this.#timeScale);
  }

  /** When a session that begins now ends. Its end is told in whole seconds, and it must not end before. */
  sessionEndMs(nowMs: number, seconds: number): number {
    return Math.ceil((nowMs + this.scaledMs(seconds)) / 1000) * 1000;
  }
}
