import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import { describeFailure, Failure } from '../failures/failure.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Connection } from './connection.ts';
import { applyObject, fieldManager } from './objects.ts';
import { apiVersionOf, events, type ObjectRef } from './resource.ts';

/** Something that people should find beside an object. Holds no token, key or password. */
export interface ClusterEvent {
  /** `kubectl describe` finds Events by the uid. */
  readonly regarding: ObjectRef & { readonly uid: string };
  readonly type: 'Normal' | 'Warning';
  /** Stable, in UpperCamelCase. */
  readonly reason: string;
  readonly note: string;
  /**
   * What tells it from others of the same reason about the same object, where the note changes from time to
   * time; the note if left out.
   */
  readonly topic?: string;
}

export interface EventRecorderParts {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Budget {
  readonly left: number;
  readonly atMs: number;
}

interface Occurrences {
  count: number;
  readonly firstAtMs: number;
  sentAtMs: number;
}

/** An API server forgets an Event an hour after its last write; what goes on is written again in time for that. */
const repeatAfterMs = 15 * 60_000;
const forgetAfterMs = 60 * 60_000;
/**
 * A trouble that all namespaces share must not become a storm of Events, nor keep those about another kind of
 * object back: each kind has a budget of its own.
 */
const largestBurst = 100;
const refillMs = 1_000;
const deadlineMs = 10_000;
const longestNote = 1_000;

/**
 * Writes Kubernetes Events. What happens again is counted in the same Event, which is written at most once in
 * 15 minutes. An Event that cannot be written is left out until it happens again: nothing ever waits for one or
 * fails because of it. So what lasts has to be recorded again and again.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/ (core/v1: an
 * `events.k8s.io/v1` one cannot be changed by whoever does not remember when it first happened).
 */
export class EventRecorder {
  readonly #parts: EventRecorderParts;
  /** By Event name, the longest unwritten first. */
  readonly #seen = new Map<string, Occurrences>();
  #recording: AbortSignal | undefined;
  /** By kind of object. */
  readonly #budgets = new Map<string, Budget>();

  constructor(parts: EventRecorderParts) {
    this.#parts = parts;
  }

  /** Only the leader writes: until this was called, and after the signal was aborted, nothing is recorded. */
  recordUntil(signal: AbortSignal): void {
    this.#recording = signal;
  }

  /**
   * Records what goes on at many objects at once: the budget goes to those that were not written yet, then to those
   * that were not for longest, so that each has its turn however many there are.
   */
  recordAll(those: readonly ClusterEvent[]): void {
    const sentAtMs = (event: ClusterEvent) => this.#seen.get(nameOf(event))?.sentAtMs ?? 0;
    const dated = those.map((event) => ({ event, atMs: sentAtMs(event) }));
    for (const { event } of dated.toSorted((one, other) => one.atMs - other.atMs)) this.record(event);
  }

  /** Returns at once; writes in the background. */
  record(event: ClusterEvent): void {
    const signal = this.#recording;
    if (signal === undefined || signal.aborted) return;
    const nowMs = this.#parts.clock.nowMs();
    this.#forgetOld(nowMs);
    const name = nameOf(event);
    const seen = this.#seen.get(name) ?? { count: 0, firstAtMs: nowMs, sentAtMs: Number.NEGATIVE_INFINITY };
    seen.count += 1;
    const isDue = nowMs - seen.sentAtMs >= repeatAfterMs;
    if (!isDue) return;
    if (!this.#takeFromBudget(event.regarding.resource.kind, nowMs)) {
      this.#parts.logger.debug({ reason: event.reason }, 'left out an Event: there were too many');
      return;
    }
    seen.sentAtMs = nowMs;
    this.#seen.delete(name);
    this.#seen.set(name, seen);
    void this.#write(name, event, { ...seen }, signal);
  }

  async #write(name: string, event: ClusterEvent, seen: Occurrences, signal: AbortSignal): Promise<void> {
    const { connection, logger } = this.#parts;
    const ref = { resource: events, namespace: namespaceOf(event), name };
    try {
      await applyObject(connection, ref, manifestOf(event, seen), { signal, deadlineMs });
    } catch (thrown) {
      // To be tried again when it happens again, also in another term.
      this.#seen.delete(name);
      if (signal.aborted) return;
      if (!(thrown instanceof Failure)) throw thrown;
      logger.debug({ reason: event.reason, ...describeFailure(thrown) }, 'could not write an Event');
    }
  }

  #forgetOld(nowMs: number): void {
    for (const [name, { sentAtMs }] of this.#seen) {
      if (nowMs - sentAtMs < forgetAfterMs) return;
      this.#seen.delete(name);
    }
  }

  #takeFromBudget(kind: string, nowMs: number): boolean {
    const { left, atMs } = this.#budgets.get(kind) ?? { left: largestBurst, atMs: nowMs };
    const now = Math.min(largestBurst, left + (nowMs - atMs) / refillMs);
    const isEnough = now >= 1;
    this.#budgets.set(kind, { left: isEnough ? now - 1 : now, atMs: nowMs });
    return isEnough;
  }
}

/** The same for every replica and after every restart, so that one Event is written again and not a second one. */
function nameOf({ regarding, reason, note, topic }: ClusterEvent): string {
  const { resource, namespace, name, uid } = regarding;
  const identity = JSON.stringify([resource.plural, namespace, name, uid, reason, topic ?? note]);
  return `${fieldManager}.${createHash('sha256').update(identity).digest('hex').slice(0, 20)}`;
}

/** An Event about a Namespace is put into it, where its users look; the API server wants the two to agree. */
function namespaceOf({ regarding: { namespace, name } }: ClusterEvent): string {
  return namespace ?? name;
}

function manifestOf(event: ClusterEvent, { count, firstAtMs, sentAtMs }: Occurrences) {
  const { resource, name, uid } = event.regarding;
  return {
    involvedObject: {
      apiVersion: apiVersionOf(resource),
      kind: resource.kind,
      namespace: namespaceOf(event),
      name,
      uid,
    },
    type: event.type,
    reason: event.reason,
    message: event.note.length > longestNote ? `${event.note.slice(0, longestNote)}…` : event.note,
    count,
    firstTimestamp: wireTime(firstAtMs),
    lastTimestamp: wireTime(sentAtMs),
    source: { component: fieldManager },
    reportingComponent: fieldManager,
  };
}

/** `meta/v1` Time has no fractions. */
function wireTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
