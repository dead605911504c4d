import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { describeFailure, Failure } from '../failures/failure.ts';
import type { Connection } from '../kubernetes/connection.ts';
import { applyObject, fieldManager, readObject } from '../kubernetes/objects.ts';
import type { ObjectRef, RawObject } from '../kubernetes/resource.ts';
import { pauseMs, type Pace } from '../runtime/backoff.ts';
import { Bell } from '../runtime/bell.ts';
import { sleep, type Clock } from '../runtime/clock.ts';
import { product } from '../runtime/product.ts';

export interface KeptObjectParts {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly logger: Logger;
  /** 0 ≤ n < 1; spreads retries. */
  readonly random: () => number;
}

/** A ConfigMap's or a Secret's `data`, as it is on the wire, or the add-on's annotations on it. */
export type ObjectData = Readonly<Record<string, string>>;

/** Where in the object it stands. */
type Place = 'data' | 'annotations';

interface RawDataObject extends RawObject {
  readonly data?: ObjectData;
}

/** Long enough to cost nothing, short enough that nobody misses what somebody deleted. */
const lookEveryMs = 300_000;
const retryPace: Pace = { firstMs: 1_000, longestMs: 60_000 };

/**
 * A ConfigMap or Secret of the add-on's own, kept as the leader last wanted it: written when that changes, one
 * write at a time, and again until it succeeds. A version that was overtaken by another is never written. What
 * somebody else has deleted or edited is found within five minutes, and written again; fields of theirs stay.
 */
export class KeptObject {
  readonly #parts: KeptObjectParts;
  readonly #ref: ObjectRef;
  readonly #place: Place;
  #wanted: ObjectData | undefined;
  /** What is there, as far as it is known. */
  #written: ObjectData | undefined;
  #lookAtMs = 0;
  readonly #bell: Bell;

  constructor(parts: KeptObjectParts, ref: ObjectRef, place: Place = 'data') {
    this.#parts = parts;
    this.#bell = new Bell(parts.clock);
    this.#ref = ref;
    this.#place = place;
  }

  /**
   * What is there; undefined where there is nothing, or where it may not be read. Tries again until the API
   * server has answered; rejects only with the signal's reason.
   */
  async read(signal: AbortSignal): Promise<ObjectData | undefined> {
    for (let failures = 0; ;) {
      try {
        return await this.#look(signal);
      } catch (thrown) {
        if (signal.aborted || !(thrown instanceof Failure)) throw thrown;
        this.#written = undefined;
        failures += 1;
        const retryInMs = this.#tell(thrown, failures, 'could not read an object of the add-on’s own');
        if (thrown.code === 'KUBERNETES_FORBIDDEN') return undefined;
        await sleep(this.#parts.clock, retryInMs, signal);
      }
    }
  }

  /** Returns at once; `writeUntil` writes it. */
  keep(data: ObjectData): void {
    this.#wanted = data;
    this.#bell.ring();
  }

  /** Writes until the signal is aborted: only the leader does, after `read`. */
  async writeUntil(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        await this.#lookIfDue(signal);
        await this.#writeIfDue(signal);
        await this.#bell.next(this.#lookAtMs - this.#parts.clock.monotonicMs(), signal);
      }
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    }
  }

  /** What cannot be looked at now is looked at the next time: it was right when it was last seen. */
  async #lookIfDue(signal: AbortSignal): Promise<void> {
    if (this.#parts.clock.monotonicMs() < this.#lookAtMs) return;
    try {
      await this.#look(signal);
    } catch (thrown) {
      if (signal.aborted || !(thrown instanceof Failure)) throw thrown;
      this.#parts.logger.warn(describeFailure(thrown), 'could not look at an object of the add-on’s own');
      this.#seen(this.#written);
    }
  }

  async #look(signal: AbortSignal): Promise<ObjectData | undefined> {
    try {
      const raw = await readObject<RawDataObject>(this.#parts.connection, this.#ref, { signal });
      return this.#seen(this.#place === 'data' ? (raw.data ?? {}) : ownAnnotations(raw));
    } catch (thrown) {
      if (!(thrown instanceof Failure) || thrown.code !== 'KUBERNETES_NOT_FOUND') throw thrown;
      return this.#seen(undefined);
    }
  }

  #seen(data: ObjectData | undefined): ObjectData | undefined {
    this.#written = data;
    this.#lookAtMs = this.#parts.clock.monotonicMs() + lookEveryMs;
    return data;
  }

  async #writeIfDue(signal: AbortSignal): Promise<void> {
    const { connection, clock } = this.#parts;
    for (let failures = 0; ;) {
      const data = this.#wanted;
      if (data === undefined || isDeepStrictEqual(data, this.#written)) return;
      try {
        await applyObject(connection, this.#ref, this.#desired(data), { signal });
        this.#seen(data);
      } catch (thrown) {
        if (signal.aborted || !(thrown instanceof Failure)) throw thrown;
        failures += 1;
        const retryInMs = this.#tell(thrown, failures, 'could not write an object of the add-on’s own');
        await sleep(clock, retryInMs, signal);
      }
    }
  }

  #desired(data: ObjectData): Readonly<Record<string, unknown>> {
    const labels = { 'app.kubernetes.io/managed-by': fieldManager };
    return this.#place === 'data'
      ? { metadata: { labels }, data }
      : { metadata: { labels, annotations: data } };
  }

  #tell(failure: Failure, failures: number, what: string): number {
    const { retry } = failure;
    const retryInMs =
      retry.kind === 'after' ? retry.delayMs : pauseMs(retryPace, failures, this.#parts.random());
    this.#parts.logger.error({ ...describeFailure(failure), retryInMs }, what);
    return retryInMs;
  }
}

function ownAnnotations({ metadata }: RawObject): ObjectData {
  const entries = Object.entries(metadata.annotations ?? {});
  return Object.fromEntries(entries.filter(([key]) => key.startsWith(`${product}/`)));
}
