import type { Logger } from 'pino';
import { Failure } from '../failures/failure.ts';
import type { Connection } from '../kubernetes/connection.ts';
import { readObject } from '../kubernetes/objects.ts';
import { namespaces } from '../kubernetes/resource.ts';
import { isOptedOut } from '../pull-secrets/opt-out.ts';
import type { ScopedNamespace } from '../pull-secrets/scope.ts';
import type { Clock } from '../runtime/clock.ts';
import { abandonOnAbort } from '../runtime/deadline.ts';
import { onceIn } from '../runtime/once-in.ts';
import { namespaceName } from '../settings/object-name.ts';

export interface NamespaceLookupParts {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly logger: Logger;
}

const deadlineMs = 5_000;
/** More than namespaces are ever made, and little for an API server. */
const asksPerSecond = 100;
/** A namespace can be made in the moment after it was asked for. */
const missingForMs = 1_000;
const mostMissing = 1_000;
const tellEveryMs = 60_000;

/**
 * Reads namespaces that the watch has not shown, which are new or made up: everybody in the cluster can ask the
 * webhook about any name. So each is read once at a time, one that is missing is not read again for a moment, and
 * there are only so many reads a second.
 */
export class NamespaceLookup {
  readonly #parts: NamespaceLookupParts;
  readonly #running = new Map<string, Promise<ScopedNamespace | undefined>>();
  /** Until when they are taken for missing. */
  readonly #missing = new Map<string, number>();
  readonly #isTimeToTell: () => boolean;
  #second = 0;
  #asks = 0;

  constructor(parts: NamespaceLookupParts) {
    this.#parts = parts;
    this.#isTimeToTell = onceIn(parts.clock, tellEveryMs);
  }

  /** Undefined where there is none, or where too much is asked for to find out. Throws KUBERNETES_… */
  async read(name: string, signal: AbortSignal): Promise<ScopedNamespace | undefined> {
    const running = this.#running.get(name) ?? this.#start(name);
    return running && (await abandonOnAbort(running, signal));
  }

  #start(name: string): Promise<ScopedNamespace | undefined> | undefined {
    if (!namespaceName.test(name) || this.#isMissing(name) || !this.#mayAsk()) return undefined;
    const running = this.#ask(name).finally(() => this.#running.delete(name));
    this.#running.set(name, running);
    return running;
  }

  async #ask(name: string): Promise<ScopedNamespace | undefined> {
    // Several may wait for it, so it ends with none of them.
    const limits = { signal: new AbortController().signal, deadlineMs };
    try {
      const { metadata } = await readObject(this.#parts.connection, { resource: namespaces, name }, limits);
      return { name, labels: metadata.labels ?? {}, isOptedOut: isOptedOut(metadata.annotations) };
    } catch (thrown) {
      if (!(thrown instanceof Failure) || thrown.code !== 'KUBERNETES_NOT_FOUND') throw thrown;
      if (this.#missing.size >= mostMissing) this.#missing.clear();
      this.#missing.set(name, this.#parts.clock.monotonicMs() + missingForMs);
      return undefined;
    }
  }

  #isMissing(name: string): boolean {
    return this.#parts.clock.monotonicMs() < (this.#missing.get(name) ?? 0);
  }

  #mayAsk(): boolean {
    const second = Math.floor(this.#parts.clock.monotonicMs() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#asks = 0;
    }
    this.#asks += 1;
    if (this.#asks <= asksPerSecond) return true;
    if (this.#isTimeToTell()) {
      this.#parts.logger.warn(
        'the admission webhook is asked about more unknown namespaces than it looks up; accounts of new ones are ' +
          'left to the controller meanwhile',
      );
    }
    return false;
  }
}
