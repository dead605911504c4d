import type { Logger } from 'pino';
import { describeFailure, Failure } from '../failures/failure.ts';
import { pauseMs, type Pace } from '../runtime/backoff.ts';
import { sleep, type Clock } from '../runtime/clock.ts';
import type { Instance, RrsaRole } from '../settings/settings.ts';
import { Announcement } from './announcement.ts';
import { heirsOf } from './heirs.ts';
import { isGood, isOutdated, pageFor, stopKeeping, takeOver, type LoginPage } from './login-page.ts';
import type { RegistryLogin } from './registry-login.ts';
import { announcementPauseMs, renewalAtMs } from './renewal-schedule.ts';
import type { SavedLogin } from './saved-logins.ts';

export interface LoginBookParts {
  readonly mint: (instance: Instance, signal: AbortSignal) => Promise<RegistryLogin>;
  /**
   * Called after a login was added, renewed or dropped, when it turns out that one is late, and when one has
   * expired. Renewals are told of a little later, so that those of other instances can be told of with them.
   */
  readonly onChange: () => void;
  /** Called as soon as a login was minted, so that a restart can find it whenever it comes. */
  readonly onMint: () => void;
  /** Called before `onChange` where a login goes over to the entry of another key. */
  readonly onInherit: (formerKey: string, key: string) => void;
  /** Called after a mint failed; it is tried again. */
  readonly onFailure: (instanceKey: string, failure: unknown) => void;
  /**
   * Called when an instance that was failing works again: by a new login, or because its entry is what it was and
   * the login of then counts again.
   */
  readonly onRecovery: (login: RegistryLogin) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  /** In [0, 1); spreads renewals and retries. */
  readonly random: () => number;
  /** Whom entries stand for that leave their RRSA role to this Pod, where it has one. */
  readonly podRole?: RrsaRole | undefined;
}

/** An expiry is told by the wall clock, which somebody may set in the meantime: it is looked at again so often. */
const longestNapMs = 10 * 60_000;
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
  readonly #announcement: Announcement;
  #pages = new Map<string, LoginPage>();
  #renewBeforeMs = 0;
  #minting: AbortSignal | undefined;
  #paceChange = new AbortController();

  constructor(parts: LoginBookParts) {
    this.#parts = parts;
    // Unless other instances are about to follow: then once for all of them.
    this.#announcement = new Announcement(parts.clock, () => {
      if (this.isSettled) parts.onChange();
    });
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

  /** Says which instances to keep logins for. What stays the same is not touched, nor is a mint in hand. */
  follow(instances: readonly Instance[], renewBeforeMs: number): void {
    const former = this.#pages;
    this.#setPace(renewBeforeMs);
    this.#pages = new Map(
      instances.map((instance) => [
        instance.key,
        pageFor(instance, former.get(instance.key), this.#parts.podRole),
      ]),
    );
    const pages = new Set(this.#pages.values());
    for (const page of former.values()) if (!pages.has(page)) stopKeeping(page);
    const gone = [...former.values()].filter(({ instance }) => !this.#pages.has(instance.key));
    const heirs = heirsOf(gone, [...pages]);
    for (const [page, heir] of heirs) {
      takeOver(heir, page);
      this.#noteExpiryInTime(heir);
    }
    for (const page of pages) if (page.keeping === undefined) this.#keepUpToDate(page);
    for (const [page, heir] of heirs) this.#parts.onInherit(page.instance.key, heir.instance.key);
    for (const page of pages) if (isGood(page, this.#parts.clock.nowMs())) this.#noteRecovery(page);
    if (gone.some(({ login }) => login !== undefined)) this.#announcement.now();
  }

  #setPace(renewBeforeMs: number): void {
    if (this.#renewBeforeMs === renewBeforeMs) return;
    this.#renewBeforeMs = renewBeforeMs;
    this.#paceChange.abort();
    this.#paceChange = new AbortController();
  }

  /** Mints and renews until the signal is aborted: only the leader does, after `restore`. */
  mintUntil(signal: AbortSignal): void {
    this.#minting = signal;
    signal.addEventListener('abort', () => this.#cancelTimers(), { once: true });
    for (const page of this.#pages.values()) this.#keepUpToDate(page);
  }

  get #leading(): AbortSignal | undefined {
    return this.#minting?.aborted === true ? undefined : this.#minting;
  }

  #keepUpToDate(page: LoginPage): void {
    const leading = this.#leading;
    if (leading === undefined) return;
    page.keeping?.abort();
    page.keeping = new AbortController();
    this.#noteExpiryInTime(page);
    if (page.isAwaited) this.#parts.clock.schedule(firstRoundMs, () => this.#stopAwaiting(page));
    const signal = AbortSignal.any([leading, page.keeping.signal]);
    this.#renewForEver(page, signal).catch((thrown: unknown) => {
      if (!signal.aborted) throw thrown;
    });
  }

  #stopAwaiting(page: LoginPage): void {
    if (!page.isAwaited) return;
    page.isAwaited = false;
    this.#announcement.now();
  }

  async #renewForEver(page: LoginPage, signal: AbortSignal): Promise<never> {
    const { clock } = this.#parts;
    for (let failures = 0; ;) {
      if (failures === 0) await this.#untilDue(page, signal);
      const retryInMs = await this.#mintOnce(page, failures, signal);
      failures = retryInMs === undefined ? 0 : failures + 1;
      if (retryInMs !== undefined) await sleep(clock, retryInMs, signal);
    }
  }

  async #untilDue(page: LoginPage, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#parts;
    const chance = random();
    while (page.login !== undefined && !isOutdated(page)) {
      const dueInMs = renewalAtMs(page.login, this.#renewBeforeMs, chance) - clock.nowMs();
      const paceChange = this.#paceChange.signal;
      try {
        await sleep(clock, Math.min(dueInMs, longestNapMs), AbortSignal.any([signal, paceChange]));
        if (dueInMs <= longestNapMs) return;
      } catch (thrown) {
        if (signal.aborted || !paceChange.aborted) throw thrown;
      }
    }
  }

  /** Undefined after success, else how long to wait before the next attempt. */
  async #mintOnce(page: LoginPage, failures: number, signal: AbortSignal): Promise<number | undefined> {
    const { mint, onMint, onFailure, clock, logger, random } = this.#parts;
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
      this.#noteRecovery(page);
      page.isAwaited = false;
      const pauseMs = replaced === undefined ? 0 : announcementPauseMs(replaced, clock.nowMs());
      this.#announcement.within(pauseMs);
      return undefined;
    } catch (thrown) {
      signal.throwIfAborted();
      page.isFailing = true;
      this.#stopAwaiting(page);
      const advice = thrown instanceof Failure ? thrown.retry : undefined;
      const retryInMs =
        advice?.kind === 'after'
          ? advice.delayMs * (1 + retryJitterShare * random())
          : pauseMs(retryPace, failures + 1, random());
      logger.error(
        { instance, ...describeFailure(thrown), retryInMs: Math.round(retryInMs) },
        `could not mint a login: ${whatStays(page.login, clock.nowMs())}`,
      );
      onFailure(instance, thrown);
      return retryInMs;
    }
  }

  #noteRecovery(page: LoginPage): void {
    const { isFailing, login } = page;
    if (!isFailing || login === undefined) return;
    page.isFailing = false;
    this.#parts.logger.info(
      { instance: page.instance.key, expiresAt: new Date(login.expiresAtMs).toISOString() },
      'the instance was failing and has a good login now',
    );
    this.#parts.onRecovery(login);
  }

  #noteExpiryInTime(page: LoginPage): void {
    if (this.#leading === undefined) return;
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
      this.#announcement.now();
    });
  }

  #cancelTimers(): void {
    this.#announcement.cancel();
    for (const page of this.#pages.values()) page.cancelExpiry?.();
  }
}

function whatStays(login: RegistryLogin | undefined, nowMs: number): string {
  if (login === undefined) return 'no login yet';
  return login.expiresAtMs > nowMs
    ? 'the last good login stays in force'
    : 'the last one has expired, and stays until there is a new one';
}
