import type { Logger } from 'pino';
import { describeFailure, Failure } from '../failures/failure.ts';
import { sleep, type Cancel, type Clock } from '../runtime/clock.ts';
import type { Connection } from './connection.ts';
import { LeaseHold, type LeaseAttempt } from './lease-hold.ts';

export interface LeaseElectionParts {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly logger: Logger;
  /** 0 ≤ n < 1; spreads the campaigns of candidates that started together. */
  readonly random: () => number;
}

export interface LeaseElectionOptions {
  readonly namespace: string;
  readonly name: string;
  /** Must differ between any two processes, restarts included. */
  readonly identity: string;
  /** How long others leave a lease alone that is not renewed. */
  readonly leaseDurationMs?: number;
  /** How long a leader goes on without a renewal; the difference to `leaseDurationMs` is its time to stop. */
  readonly renewDeadlineMs?: number;
  readonly retryPeriodMs?: number;
}

/** Being the leader without a break. */
interface Term {
  readonly lost: AbortController;
  /** When the last successful renewal was sent, in monotonic time. */
  renewedAtMs: number;
}

/**
 * Makes one of several processes the leader, by a Lease. A leader's term ends, at the latest, `renewDeadlineMs`
 * after it sent its last successful renewal, which is `leaseDurationMs − renewDeadlineMs` before anybody else
 * may take the lease: clocks are never compared between machines, only how long ago each saw a change.
 */
export class LeaseElection {
  readonly #parts: LeaseElectionParts;
  readonly #hold: LeaseHold;
  readonly #renewDeadlineMs: number;
  readonly #retryPeriodMs: number;
  #term: Term | undefined;
  /** What was last warned of, so that a lasting trouble is told once. */
  #trouble = '';

  constructor(parts: LeaseElectionParts, options: LeaseElectionOptions) {
    this.#parts = parts;
    this.#renewDeadlineMs = options.renewDeadlineMs ?? 10_000;
    this.#retryPeriodMs = options.retryPeriodMs ?? 2_000;
    this.#hold = new LeaseHold(parts, {
      namespace: options.namespace,
      name: options.name,
      identity: options.identity,
      leaseDurationMs: options.leaseDurationMs ?? 15_000,
      // Two tries must fit before the deadline.
      requestDeadlineMs: this.#renewDeadlineMs / 2,
    });
  }

  /**
   * Throws unless this process leads by the clock at this moment. A process that was paused may do a lot on waking
   * before its timers tell it that its term is over, so each write asks.
   */
  ensureLeading(): void {
    const term = this.#term;
    if (term === undefined) throw new Error('not the leader');
    if (this.#leftMs(term) <= 0) this.#loseByTime(term);
    term.lost.signal.throwIfAborted();
  }

  /**
   * Campaigns, and calls `whileLeading` for each term. It must end soon after its signal is aborted: when the
   * lease is lost (then there is a new campaign) or `signal` is aborted (then the lease is given back, so that
   * another can act at once). Resolves after an abort, or when `whileLeading` ends by itself; rejects as it does.
   */
  async run(signal: AbortSignal, whileLeading: (leadingSignal: AbortSignal) => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      const leadingSinceMs = await this.#campaign(signal);
      if (leadingSinceMs === undefined) return;
      const outcome = await this.#lead(leadingSinceMs, signal, whileLeading);
      if (outcome === 'ended') return;
    }
  }

  /** Gives the time at which the successful attempt was begun, or undefined after an abort. */
  async #campaign(signal: AbortSignal): Promise<number | undefined> {
    while (!signal.aborted) {
      const begunAtMs = this.#parts.clock.monotonicMs();
      const attempt = await this.#attempt(signal);
      if (attempt.kind === 'held') return begunAtMs;
      const pauseMs = this.#retryPeriodMs * (1 + 0.2 * this.#parts.random());
      await sleep(this.#parts.clock, pauseMs, signal).catch(() => undefined);
    }
    return undefined;
  }

  async #lead(
    leadingSinceMs: number,
    signal: AbortSignal,
    whileLeading: (leadingSignal: AbortSignal) => Promise<void>,
  ): Promise<'lost' | 'ended'> {
    const lost = new AbortController();
    const term: Term = { lost, renewedAtMs: leadingSinceMs };
    const ended = new AbortController();
    const leadingSignal = AbortSignal.any([signal, lost.signal]);
    this.#term = term;
    this.#parts.logger.info('became the leader');
    // Renewed until the work has ended, not until it was asked to end: nobody else may start before.
    const renewing = this.#renewUntilEnded(term, ended.signal);
    try {
      await whileLeading(leadingSignal);
    } catch (thrown) {
      if (!leadingSignal.aborted || thrown !== leadingSignal.reason) throw thrown;
    } finally {
      ended.abort();
      await renewing;
      this.#term = undefined;
      if (!lost.signal.aborted) await this.#release();
    }
    return lost.signal.aborted && !signal.aborted ? 'lost' : 'ended';
  }

  async #renewUntilEnded(term: Term, ended: AbortSignal): Promise<void> {
    const done = AbortSignal.any([term.lost.signal, ended]);
    let cancelDeadline = this.#scheduleLoss(term);
    while (!done.aborted) {
      await sleep(this.#parts.clock, this.#retryPeriodMs, done).catch(() => undefined);
      if (done.aborted) break;
      const begunAtMs = this.#parts.clock.monotonicMs();
      const attempt = await this.#attempt(done);
      if (attempt.kind === 'held' && !done.aborted) {
        cancelDeadline();
        term.renewedAtMs = begunAtMs;
        cancelDeadline = this.#scheduleLoss(term);
      } else if (attempt.kind === 'others') {
        this.#lose(term, `the lease is now held by ${attempt.holder}`);
      }
    }
    cancelDeadline();
  }

  #leftMs({ renewedAtMs }: Term): number {
    return renewedAtMs + this.#renewDeadlineMs - this.#parts.clock.monotonicMs();
  }

  #scheduleLoss(term: Term): Cancel {
    return this.#parts.clock.schedule(this.#leftMs(term), () => this.#loseByTime(term));
  }

  #loseByTime(term: Term): void {
    this.#lose(term, 'the lease could not be renewed in time');
  }

  #lose({ lost }: Term, why: string): void {
    if (lost.signal.aborted) return;
    this.#parts.logger.warn({ why }, 'no longer the leader');
    lost.abort(new Error(why));
  }

  async #attempt(signal: AbortSignal): Promise<LeaseAttempt | { readonly kind: 'failed' }> {
    try {
      const attempt = await this.#hold.attempt(signal);
      this.#trouble = '';
      return attempt;
    } catch (thrown) {
      if (signal.aborted) return { kind: 'failed' };
      if (!(thrown instanceof Failure)) throw thrown;
      const level = thrown.message === this.#trouble ? 'debug' : 'warn';
      this.#trouble = thrown.message;
      this.#parts.logger[level](describeFailure(thrown), 'the lease could not be read or written');
      return { kind: 'failed' };
    }
  }

  async #release(): Promise<void> {
    try {
      await this.#hold.release(new AbortController().signal);
    } catch (thrown) {
      if (!(thrown instanceof Failure)) throw thrown;
      this.#parts.logger.warn(describeFailure(thrown), 'the lease could not be given back');
    }
  }
}
