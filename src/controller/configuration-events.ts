import { describeFailure, Failure } from '../failures/failure.ts';
import type { ClusterEvent, EventRecorder } from '../kubernetes/event-recorder.ts';
import type { RegistryLogin } from '../logins/registry-login.ts';
import type { whyNotAsked } from '../pull-secrets/webhook-registration.ts';
import { sleep, type Clock } from '../runtime/clock.ts';
import type { Remark } from './configuration.ts';
import {
  configurationEvent,
  hostsContested,
  loginExpired,
  loginMinted,
  loginNotMinted,
  noRoomForLogin,
  webhookNotAsked,
  type ConfigurationObject,
} from './events.ts';
import type { Troubles } from './settled-logins.ts';

export interface ConfigurationEventsParts {
  readonly events: Pick<EventRecorder, 'record'>;
  readonly clock: Clock;
  /** Undefined where there is no ConfigMap: then there is nothing to record an Event beside. */
  readonly about: () => ConfigurationObject | undefined;
  /** What is to be read beside the ConfigMap for as long as it lasts. */
  readonly lasting: () => { readonly remarks: readonly Remark[]; readonly troubles: Troubles };
}

/**
 * More often than the recorder writes the same Event, so that one that failed, or that it had no room for, is
 * there soon, and that none is ever away.
 */
const repeatEveryMs = 5 * 60_000;

/** Records beside the ConfigMap what its people should know. */
export class ConfigurationEvents {
  readonly #parts: ConfigurationEventsParts;

  constructor(parts: ConfigurationEventsParts) {
    this.#parts = parts;
  }

  /** Says again and again what lasts, until the signal is aborted. */
  async repeatUntil(signal: AbortSignal): Promise<void> {
    const { clock, lasting } = this.#parts;
    while (!signal.aborted) {
      await sleep(clock, repeatEveryMs, signal).catch(() => undefined);
      const { remarks, troubles } = lasting();
      this.remarks(remarks);
      this.troubles(troubles);
    }
  }

  remarks(remarks: readonly Remark[]): void {
    for (const remark of remarks) this.#record((about) => configurationEvent(about, remark));
  }

  troubles({ contests, leftOut }: Troubles): void {
    for (const contest of contests) this.#record((about) => hostsContested(about, contest));
    for (const instance of leftOut) this.#record((about) => noRoomForLogin(about, instance));
  }

  /** What was thrown without being meant for operators is theirs in the log only: its text may quote anything. */
  mintFailed(instance: string, failure: unknown): void {
    const trouble =
      failure instanceof Failure
        ? { ...describeFailure(failure), topic: failure.topic }
        : { code: 'UNEXPECTED', topic: 'UNEXPECTED', message: 'a defect of the add-on; its log says more' };
    this.#record((about) => loginNotMinted(about, instance, trouble));
  }

  recovered(login: RegistryLogin): void {
    this.#record((about) => loginMinted(about, login));
  }

  webhookNotAsked(why: keyof typeof whyNotAsked): void {
    this.#record((about) => webhookNotAsked(about, why));
  }

  expired(instance: string): void {
    this.#record((about) => loginExpired(about, instance));
  }

  #record(event: (about: ConfigurationObject) => ClusterEvent): void {
    const about = this.#parts.about();
    if (about !== undefined) this.#parts.events.record(event(about));
  }
}
