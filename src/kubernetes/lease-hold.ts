import { Failure } from '../failures/failure.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Connection, Limits } from './connection.ts';
import { createObject, readObject, replaceObject } from './objects.ts';
import { apiVersionOf, leases, type ObjectMeta, type ObjectRef, type RawObject } from './resource.ts';

/** https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/ */
export interface Lease extends RawObject {
  readonly spec?: LeaseSpec;
}

interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

export type LeaseAttempt =
  | { readonly kind: 'held' }
  | { readonly kind: 'others'; readonly holder: string }
  /** Somebody wrote at the same time; whose it is now will be seen at the next attempt. */
  | { readonly kind: 'contended' };

export interface LeaseHoldOptions {
  readonly namespace: string;
  readonly name: string;
  readonly identity: string;
  readonly leaseDurationMs: number;
  readonly requestDeadlineMs: number;
}

/** Somebody else's lease, and when this version of it was first seen here. */
interface Observation {
  readonly resourceVersion: string | undefined;
  readonly seenAtMs: number;
  readonly holder: string;
  readonly durationMs: number;
}

/** Takes, renews and gives back one Lease. Never throws for a lost race; throws KUBERNETES_… for the rest. */
export class LeaseHold {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #options: LeaseHoldOptions;
  readonly #ref: ObjectRef;
  /** As last written by us; undefined whenever it may have changed since. */
  #written: Lease | undefined;
  #observed: Observation | undefined;

  constructor(parts: { readonly connection: Connection; readonly clock: Clock }, options: LeaseHoldOptions) {
    this.#connection = parts.connection;
    this.#clock = parts.clock;
    this.#options = options;
    this.#ref = { resource: leases, namespace: options.namespace, name: options.name };
  }

  /** Takes the lease if it is free or nobody has renewed it for its duration; renews it if it is ours. */
  async attempt(signal: AbortSignal): Promise<LeaseAttempt> {
    const limits = this.#limits(signal);
    const written = this.#written;
    this.#written = undefined;
    const current = written ?? (await this.#read(limits));
    const holder = this.#holderToRespect(current);
    if (holder !== undefined) return { kind: 'others', holder };
    try {
      this.#written = await this.#write(current, limits);
      this.#observed = undefined;
      return { kind: 'held' };
    } catch (thrown) {
      if (isLostRace(thrown)) return { kind: 'contended' };
      throw thrown;
    }
  }

  /** Lets others take the lease without waiting. Does nothing if it is not ours. */
  async release(signal: AbortSignal): Promise<void> {
    const limits = this.#limits(signal);
    this.#written = undefined;
    const current = await this.#read(limits);
    if (current?.spec?.holderIdentity !== this.#options.identity) return;
    const now = microTime(this.#clock.nowMs());
    const spec = { ...current.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: now };
    try {
      await replaceObject<Lease>(this.#connection, this.#ref, { ...current, spec }, limits);
    } catch (thrown) {
      if (!isLostRace(thrown)) throw thrown;
    }
  }

  #limits(signal: AbortSignal): Limits {
    return { signal, deadlineMs: this.#options.requestDeadlineMs };
  }

  async #read(limits: Limits): Promise<Lease | undefined> {
    try {
      return await readObject<Lease>(this.#connection, this.#ref, limits);
    } catch (thrown) {
      if (thrown instanceof Failure && thrown.code === 'KUBERNETES_NOT_FOUND') return undefined;
      throw thrown;
    }
  }

  /**
   * Only how long ago this process saw the lease change counts, never the times written in it: the other's clock
   * may be wrong. A lease that was deleted is respected like before, since its holder does not know yet.
   */
  #holderToRespect(lease: Lease | undefined): string | undefined {
    const nowMs = this.#clock.monotonicMs();
    if (lease !== undefined) this.#observe(lease, nowMs);
    const observed = this.#observed;
    if (observed === undefined || observed.holder === '') return undefined;
    return nowMs < observed.seenAtMs + observed.durationMs ? observed.holder : undefined;
  }

  #observe(lease: Lease, nowMs: number): void {
    const holder = lease.spec?.holderIdentity ?? '';
    if (holder === this.#options.identity) {
      this.#observed = undefined;
      return;
    }
    const { resourceVersion } = lease.metadata;
    if (this.#observed !== undefined && this.#observed.resourceVersion === resourceVersion) return;
    const durationMs = Math.max(
      this.#options.leaseDurationMs,
      (lease.spec?.leaseDurationSeconds ?? 0) * 1000,
    );
    this.#observed = { resourceVersion, seenAtMs: nowMs, holder, durationMs };
  }

  #write(current: Lease | undefined, limits: Limits): Promise<Lease> {
    const spec = this.#nextSpec(current?.spec);
    const { namespace, name } = this.#options;
    if (current === undefined) {
      return createObject<Lease>(this.#connection, this.#ref, leaseOf({ namespace, name }, spec), limits);
    }
    // The resourceVersion in the metadata makes the server refuse if somebody wrote in between.
    return replaceObject<Lease>(this.#connection, this.#ref, leaseOf(current.metadata, spec), limits);
  }

  #nextSpec(current: LeaseSpec | undefined): LeaseSpec {
    const { identity, leaseDurationMs } = this.#options;
    const now = microTime(this.#clock.nowMs());
    const isTakenOver = current !== undefined && current.holderIdentity !== identity;
    return {
      ...current,
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(leaseDurationMs / 1000),
      acquireTime: isTakenOver ? now : (current?.acquireTime ?? now),
      renewTime: now,
      leaseTransitions: (current?.leaseTransitions ?? 0) + (isTakenOver ? 1 : 0),
    };
  }
}

function leaseOf(metadata: ObjectMeta, spec: LeaseSpec): Lease {
  return { apiVersion: apiVersionOf(leases), kind: leases.kind, metadata, spec };
}

function isLostRace(thrown: unknown): boolean {
  if (!(thrown instanceof Failure)) return false;
  return thrown.code === 'KUBERNETES_CONFLICT' || thrown.code === 'KUBERNETES_NOT_FOUND';
}

/** `meta/v1` MicroTime: the API server refuses any other number of digits. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
