import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { describeFailure, Failure } from '../failures/failure.ts';
import { pauseMs, type Pace } from '../runtime/backoff.ts';
import { sleep, type Cancel, type Clock } from '../runtime/clock.ts';
import { isSameInstance, type Instance } from '../settings/settings.ts';
import type { RegistryLogin } from './registry-login.ts';
import { announcementPauseMs, renewalAtMs } from './renewal-schedule.ts';
import { fingerprintOf, type SavedLogin } from './saved-logins.ts';

export interface LoginBookParts {
  readonly mint: (instance: Instance, signal: AbortSignal) => Promise<RegistryLogin>;
  /**
   * Called after a login was added, renewed or dropped, when it turns out that one is late, and when one has
   * expired. Renewals are told of a little later, so that those of other instances can be told of with them.
   */
  readonly onChange: () => void;
  /** Called as soon as a login was minted, so that a restart can find it whenever it comes. */
  readonly onMint: () => void;
  /** Called after a mint failed; it is tried again. */
  readonly onFailure: (instanceKey: string, failure: unknown) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  /** In [0, 1); spreads renewals and retries. */
  readonly random: () => number;
}

interface Page {
  readonly instance: Instance;
  readonly fingerprint: string;
  login: RegistryLogin | undefined;
  /** The fingerprint of the entry that the login was minted for. */
  mintedFor: string;
  keeping: AbortController | undefined;
  /** The login is over, and no better one could be had. */
  isExpired: boolean;
  cancelExpiry: Cancel | undefined;
  /** Not tried yet, and still within the time that the first round has. */
  isAwaited: boolean;
}

/** Those who were asked to wait do not come back at the same moment. */
const retryJitterShare = 0.1;
const retryPace: Pace = { firstMs: 1_000, longestMs: 60_000 };
/**
 * Each change costs a write in every namespace, so the first logins of several instances are announced
 * together, unless one keeps the others waiting for so long.
 */
const firstRoundMs = 1_000;

/**
 * One page per instance: the login in force, and the task that renews it in time. A login stays until a
 * better one exists, whatever fails; it goes only when its instance is no longer followed.
 */
export class LoginBook {
  readonly #parts: LoginBookParts;
  #pages = new Map<string, Page>();
  #renewBeforeMs = 0;
  #minting: AbortSignal | undefined;
  #announcement: { readonly dueAtMs: number; readonly cancel: Cancel } | undefined;

  constructor(parts: LoginBookParts) {
    this.#parts = parts;
  }

  /** The logins in force, in the order of the instances. */
  logins(): readonly RegistryLogin[] {
    return [...this.#pages.values()].flatMap(({ login }) => login ?? []);
  }

  /** Keys of the instances whose login in force is over. */
  expired(): ReadonlySet<string> {
    const pages = [...this.#pages.values()];
    return new Set(pages.filter(({ isExpired }) => isExpired).map(({ instance }) => instance.key));
  }

  /** False in the first moments of an instance, when its login may come at any time. */
  get isSettled(): boolean {
    return [...this.#pages.values()].every(({ isAwaited }) => !isAwaited);
  }

  /** What a restart needs to go on with the same logins. */
  saved(): readonly SavedLogin[] {
    return [...this.#pages.values()].flatMap(({ login, mintedFor }) =>
      login === undefined ? [] : { login, mintedFor },
    );
  }

  /**
   * A term starts with the logins that the last leader has saved, and with no others: those of an earlier term
   * of our own may be older. An expired one is restored too, so that a restart takes nothing away; but nobody
   * is given it before there was a moment to mint.
   */
  restore(saved: readonly SavedLogin[]): void {
    const nowMs = this.#parts.clock.nowMs();
    for (const page of this.#pages.values()) {
      const found = saved.find(({ login }) => login.instanceKey === page.instance.key);
      page.login = found?.login;
      page.mintedFor = found?.mintedFor ?? '';
      page.isAwaited = found === undefined || found.login.expiresAtMs <= nowMs;
    }
  }

  /** Says which instances to keep logins for. What stays the same is not touched. */
  follow(instances: readonly Instance[], renewBeforeMs: number): void {
    const former = this.#pages;
    const isPaceSame = this.#renewBeforeMs === renewBeforeMs;
    this.#renewBeforeMs = renewBeforeMs;
    const keys = new Set(instances.map(({ key }) => key));
    const vanished = [...former.values()].filter((page) => !keys.has(page.instance.key));
    this.#pages = new Map(
      instances.map((instance) => [instance.key, pageFor(instance, former.get(instance.key), vanished)]),
    );
    const kept = new Set(this.#pages.values());
    for (const page of former.values()) if (!kept.has(page)) stopKeeping(page);
    for (const page of this.#pages.values()) {
      if (!isPaceSame || page.keeping === undefined) this.#keepUpToDate(page);
    }
    if ([...former].some(([key, { login }]) => login !== undefined && !this.#pages.has(key)))
      this.#announce();
  }

  /** Mints and renews until the signal is aborted: only the leader does, after `restore`. */
  mintUntil(signal: AbortSignal): void {
    this.#minting = signal;
    signal.addEventListener('abort', () => this.#cancelTimers(), { once: true });
    for (const page of this.#pages.values()) this.#keepUpToDate(page);
  }

  #keepUpToDate(page: Page): void {
    if (this.#minting === undefined || this.#minting.aborted) return;
    page.keeping?.abort();
    page.keeping = new AbortController();
    this.#noteExpiryInTime(page);
    if (page.isAwaited) this.#parts.clock.schedule(firstRoundMs, () => this.#stopAwaiting(page));
    const signal = AbortSignal.any([this.#minting, page.keeping.signal]);
    this.#renewForEver(page, signal).catch((thrown: unknown) => {
      if (!signal.aborted) throw thrown;
    });
  }

  #stopAwaiting(page: Page): void {
    if (!page.isAwaited) return;
    page.isAwaited = false;
    this.#announce();
  }

  async #renewForEver(page: Page, signal: AbortSignal): Promise<never> {
    const { clock, random } = this.#parts;
    for (let failures = 0; ;) {
      const { login } = page;
      if (login !== undefined && !isOutdated(page) && failures === 0) {
        const dueInMs = renewalAtMs(login, this.#renewBeforeMs, random()) - clock.nowMs();
        await sleep(clock, dueInMs, signal);
      }
      const retryInMs = await this.#mintOnce(page, failures, signal);
      failures = retryInMs === undefined ? 0 : failures + 1;
      if (retryInMs !== undefined) await sleep(clock, retryInMs, signal);
    }
  }

  /** Undefined after success, else how long to wait before the next attempt. */
  async #mintOnce(page: Page, failures: number, signal: AbortSignal): Promise<number | undefined> {
    const { mint, onMint, onFailure, logger, random } = this.#parts;
    const instance = page.instance.key;
    try {
      const login = await mint(page.instance, signal);
      signal.throwIfAborted();
      const replaced = isOutdated(page) ? undefined : page.login;
      page.login = login;
      page.mintedFor = page.fingerprint;
      onMint();
      this.#noteExpiryInTime(page);
      logger.info(
        { instance, expiresAt: new Date(login.expiresAtMs).toISOString(), domains: login.domains },
        'minted a registry login',
      );
      page.isAwaited = false;
      this.#announceIn(replaced === undefined ? 0 : announcementPauseMs(replaced, this.#parts.clock.nowMs()));
      return undefined;
    } catch (thrown) {
      signal.throwIfAborted();
      this.#stopAwaiting(page);
      const advice = thrown instanceof Failure ? thrown.retry : undefined;
      const retryInMs =
        advice?.kind === 'after'
          ? advice.delayMs * (1 + retryJitterShare * random())
          : pauseMs(retryPace, failures + 1, random());
      const state = page.login === undefined ? 'no login yet' : 'the last good login stays in force';
      logger.error(
        { instance, ...describeFailure(thrown), retryInMs: Math.round(retryInMs) },
        `could not mint a login: ${state}`,
      );
      onFailure(instance, thrown);
      return retryInMs;
    }
  }

  #noteExpiryInTime(page: Page): void {
    page.cancelExpiry?.();
    const { login, instance } = page;
    page.isExpired &&= login !== undefined && login.expiresAtMs <= this.#parts.clock.nowMs();
    if (login === undefined || page.isExpired) return;
    const leftMs = login.expiresAtMs - this.#parts.clock.nowMs();
    page.cancelExpiry = this.#parts.clock.schedule(leftMs, () => {
      page.isExpired = true;
      this.#parts.logger.error(
        { instance: instance.key, expiredAt: new Date(login.expiresAtMs).toISOString() },
        'the registry login has expired; it stays, marked as such, until there is a new one',
      );
      this.#announce();
    });
  }

  #cancelTimers(): void {
    this.#announcement?.cancel();
    this.#announcement = undefined;
    for (const page of this.#pages.values()) page.cancelExpiry?.();
  }

  /** Within `pauseMs`; together with whatever else is announced until then. */
  #announceIn(pauseMs: number): void {
    const { clock } = this.#parts;
    if (pauseMs === 0) return this.#announce();
    const dueAtMs = clock.nowMs() + pauseMs;
    if (this.#announcement !== undefined && this.#announcement.dueAtMs <= dueAtMs) return;
    this.#announcement?.cancel();
    this.#announcement = { dueAtMs, cancel: clock.schedule(pauseMs, () => this.#announce()) };
  }

  /** Tells of a change, unless other instances are about to follow: then once for all of them. */
  #announce(): void {
    this.#announcement?.cancel();
    this.#announcement = undefined;
    if (this.isSettled) this.#parts.onChange();
  }
}

/**
 * The page as it was where the entry is the same. A changed entry keeps its login until there is a new one, and
 * so does one whose region was changed, which gives it another key.
 */
function pageFor(instance: Instance, known: Page | undefined, vanished: readonly Page[]): Page {
  if (known !== undefined && isSameInstance(known.instance, instance)) return known;
  const heir = known ?? vanished.find((page) => isDeepStrictEqual(page.instance.edition, instance.edition));
  const login = heir?.login && { ...heir.login, instanceKey: instance.key };
  return {
    instance,
    fingerprint: fingerprintOf(instance),
    login,
    mintedFor: heir?.mintedFor ?? '',
    isExpired: heir?.isExpired ?? false,
    cancelExpiry: undefined,
    keeping: undefined,
    isAwaited: login === undefined,
  };
}

function stopKeeping(page: Page): void {
  page.keeping?.abort();
  page.cancelExpiry?.();
}

/** The entry was changed: its login is still used, and replaced as soon as possible. */
function isOutdated({ fingerprint, mintedFor }: Page): boolean {
  return mintedFor !== fingerprint;
}
