import type { Logger } from 'pino';
import { describeFailure, Failure } from '../failures/failure.ts';
import { pauseMs, type Pace } from '../runtime/backoff.ts';
import { sleep, type Clock } from '../runtime/clock.ts';
import { failureOfStatus } from './api-error.ts';
import type { Connection } from './connection.ts';
import { listPages } from './list-pages.ts';
import { WritableObjectStore, type ObjectStore } from './object-store.ts';
import type { ObjectKey, RawObject, Resource } from './resource.ts';
import { watchEventOf } from './watch-stream.ts';

export interface ReflectorParts {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly logger: Logger;
  /** 0 ≤ n < 1; spreads retries and watch lengths. */
  readonly random: () => number;
}

export type Change = 'added' | 'updated' | 'deleted';

export interface ReflectorOptions<T> {
  readonly resource: Resource;
  /** Left out: all namespaces. */
  readonly namespace?: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  /** Asks the server for nothing but `metadata`. */
  readonly metadataOnly?: boolean;
  /** What to keep of an object; the rest is not held in memory. */
  readonly project: (raw: RawObject) => T;
  /** Called after the store has changed. */
  readonly onChange: (key: ObjectKey, change: Change) => void;
  /** Called after a list, when the store holds what there was in that resource version, and nothing else. */
  readonly onListed?: (resourceVersion: string) => void;
  /** Called when a list or a watch has failed; it is tried again. */
  readonly onFailure?: (failure: Failure) => void;
  /** A watch that says nothing for so long is taken for dead; the server sends a bookmark about every minute. */
  readonly inactivityMs?: number;
  readonly retryPace?: Pace;
}

const defaultInactivityMs = 3 * 60_000;
const defaultRetryPace: Pace = { firstMs: 800, longestMs: 30_000 };
/** A watch that ends sooner than this is no watch, even if it ends well. */
const shortestWatchMs = 1_000;
/** A watch that failed so often in a row may be stuck on its version, so everything is read anew. */
const failuresBeforeRelist = 10;

const plainAccept = 'application/json';
const metadataAccept = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';

/**
 * Keeps a store equal to what the API server has: lists once, then watches and resumes where it left off, and
 * lists again where that is no longer possible. Whatever the network or the server does, it comes back, with
 * growing pauses.
 */
export class Reflector<T> {
  readonly #parts: ReflectorParts;
  readonly #options: ReflectorOptions<T>;
  readonly #store = new WritableObjectStore<T>();
  readonly #synced = Promise.withResolvers<void>();
  #isSynced = false;
  /** The resource version to watch from; undefined: list first. */
  #position: string | undefined;
  #watchingSinceMs: number | undefined;
  #listedAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: ReflectorParts, options: ReflectorOptions<T>) {
    this.#parts = parts;
    this.#options = options;
  }

  get store(): ObjectStore<T> {
    return this.#store;
  }

  /** Whether everything has been listed once. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** Resolves once everything has been listed; rejects with the signal's reason. */
  async whenSynced(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const onAbort = () => aborted.reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await Promise.race([this.#synced.promise, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Resolves when the signal is aborted. Rejects only for a defect: `project` or `onChange` threw. */
  async run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    let pausedMs = 0;
    while (!signal.aborted) {
      const ended = await this.#listAndWatch(signal);
      if (signal.aborted) return;
      const watchedMs = this.#watchedMs();
      // Otherwise a server that lets go at once would be asked for ever at the fastest pace.
      const isGoodWatch = watchedMs >= Math.max(shortestWatchMs, pausedMs);
      if (isGoodWatch || this.#isBackAfterOutage(ended)) failures = 0;
      if (ended.kind === 'closed' && watchedMs >= shortestWatchMs) continue;
      failures += 1;
      pausedMs = this.#pauseMs(failures, ended);
      this.#prepareRetry(failures, ended, pausedMs);
      await sleep(this.#parts.clock, pausedMs, signal).catch(() => undefined);
    }
  }

  async #listAndWatch(signal: AbortSignal): Promise<Ended> {
    this.#watchingSinceMs = undefined;
    try {
      const position = this.#position ?? (await this.#list(signal));
      this.#position = position;
      this.#watchingSinceMs = this.#parts.clock.monotonicMs();
      await this.#watch(position, signal);
      return { kind: 'closed' };
    } catch (thrown) {
      if (thrown instanceof Failure) return { kind: 'failed', failure: thrown };
      if (signal.aborted) return { kind: 'closed' };
      throw thrown;
    }
  }

  /** Gives the resource version to watch from. */
  async #list(signal: AbortSignal): Promise<string> {
    // '0' is served from the server's memory and may be a little old. Later lists must not go back in time.
    const start = this.#isSynced ? {} : { resourceVersion: '0' };
    const metadataOnly = this.#options.metadataOnly ?? false;
    const list = { target: this.#target(), selectors: this.#selectors(), metadataOnly, signal, ...start };
    const seen = new Set<string>();
    let resourceVersion = '';
    for await (const page of listPages(this.#parts.connection, list)) {
      for (const object of page.items ?? []) {
        seen.add(keyText(this.#put(object, object.metadata.resourceVersion ?? '')));
      }
      resourceVersion = page.metadata.resourceVersion ?? '';
    }
    this.#removeUnseen(seen);
    this.#options.onListed?.(resourceVersion);
    this.#listedAtMs = this.#parts.clock.monotonicMs();
    this.#noteSynced();
    return resourceVersion;
  }

  async #watch(from: string, signal: AbortSignal): Promise<void> {
    const timeoutSeconds = Math.round(300 + 300 * this.#parts.random());
    const query = {
      watch: '1',
      allowWatchBookmarks: 'true',
      resourceVersion: from,
      timeoutSeconds: String(timeoutSeconds),
    };
    const watchdog = new AbortController();
    const alive = this.#keepWatch(watchdog);
    try {
      const call = {
        method: 'GET' as const,
        target: this.#target(),
        query: { ...query, ...this.#selectors() },
        signal: AbortSignal.any([signal, watchdog.signal]),
        accept: this.#options.metadataOnly === true ? metadataAccept : plainAccept,
      };
      for await (const line of this.#parts.connection.lines(call)) {
        alive.extend();
        this.#follow(line);
      }
    } finally {
      alive.end();
    }
  }

  #follow(line: string): void {
    const event = watchEventOf(line);
    switch (event.kind) {
      case 'changed':
        this.#put(event.object, event.resourceVersion);
        break;
      case 'deleted':
        this.#remove(keyOf(event.object));
        break;
      case 'bookmark':
        break;
      case 'error':
        throw failureOfStatus(event.status, this.#target());
    }
    this.#position = event.resourceVersion;
  }

  #put(object: RawObject, resourceVersion: string): ObjectKey {
    const key = keyOf(object);
    const change = this.#store.put(key, resourceVersion, this.#options.project(object));
    if (change !== 'unchanged') this.#options.onChange(key, change);
    return key;
  }

  #remove(key: ObjectKey): void {
    if (this.#store.remove(key)) this.#options.onChange(key, 'deleted');
  }

  #removeUnseen(seen: ReadonlySet<string>): void {
    const vanished = Array.from(this.#store.keys()).filter((key) => !seen.has(keyText(key)));
    for (const key of vanished) this.#remove(key);
  }

  #noteSynced(): void {
    if (this.#isSynced) return;
    this.#isSynced = true;
    this.#synced.resolve();
    const { resource } = this.#options;
    this.#parts.logger.info({ resource: resource.plural, objects: this.#store.size }, 'listed');
  }

  /** Aborts a watch with a Failure when nothing has come for too long. */
  #keepWatch(watchdog: AbortController): { extend: () => void; end: () => void } {
    const inactivityMs = this.#options.inactivityMs ?? defaultInactivityMs;
    const message = `the watch of ${this.#options.resource.plural} said nothing for ${inactivityMs} ms`;
    const bark = () => watchdog.abort(new Failure('KUBERNETES_UNREACHABLE', message));
    let end = this.#parts.clock.schedule(inactivityMs, bark);
    return {
      extend: () => {
        end();
        end = this.#parts.clock.schedule(inactivityMs, bark);
      },
      end: () => end(),
    };
  }

  #watchedMs(): number {
    if (this.#watchingSinceMs === undefined) return 0;
    return this.#parts.clock.monotonicMs() - this.#watchingSinceMs;
  }

  /** A server that is back from an outage has forgotten old versions; its first 410 need not wait for long. */
  #isBackAfterOutage(ended: Ended): boolean {
    const { longestMs } = this.#options.retryPace ?? defaultRetryPace;
    return isGone(ended) && this.#parts.clock.monotonicMs() - this.#listedAtMs > longestMs;
  }

  #pauseMs(failures: number, ended: Ended): number {
    const backoffMs = pauseMs(this.#options.retryPace ?? defaultRetryPace, failures, this.#parts.random());
    if (ended.kind === 'closed' || ended.failure.retry.kind !== 'after') return backoffMs;
    return Math.max(backoffMs, ended.failure.retry.delayMs);
  }

  #prepareRetry(failures: number, ended: Ended, pausedMs: number): void {
    if (!canResume(ended) || failures >= failuresBeforeRelist) this.#position = undefined;
    const { resource, namespace } = this.#options;
    if (ended.kind === 'failed') this.#options.onFailure?.(ended.failure);
    const why =
      ended.kind === 'closed'
        ? { code: 'CLOSED', message: 'closed at once' }
        : describeFailure(ended.failure);
    this.#parts.logger.warn(
      { resource: resource.plural, namespace, ...why, retryInMs: Math.round(pausedMs) },
      'watch lost',
    );
  }

  #selectors(): Record<string, string> {
    const { fieldSelector, labelSelector } = this.#options;
    return {
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
    };
  }

  #target(): { resource: Resource; namespace?: string } {
    const { resource, namespace } = this.#options;
    return namespace === undefined ? { resource } : { resource, namespace };
  }
}

type Ended = { readonly kind: 'closed' } | { readonly kind: 'failed'; readonly failure: Failure };

function isGone(ended: Ended): boolean {
  return ended.kind === 'failed' && ended.failure.code === 'KUBERNETES_GONE';
}

/** What has only kept us from the server leaves the position good; what the server says against it does not. */
function canResume(ended: Ended): boolean {
  if (ended.kind === 'closed') return true;
  return ended.failure.code === 'KUBERNETES_UNREACHABLE' || ended.failure.code === 'KUBERNETES_THROTTLED';
}

function keyOf(object: RawObject): ObjectKey {
  const { namespace, name } = object.metadata;
  return namespace === undefined ? { name } : { namespace, name };
}

function keyText(key: ObjectKey): string {
  return `${key.namespace ?? ''}/${key.name}`;
}
