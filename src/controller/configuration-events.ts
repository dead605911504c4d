import { describeFailure } from '../failures/failure.ts';
import type { ClusterEvent, EventRecorder } from '../kubernetes/event-recorder.ts';
import type { HostContest, LeftOut } from '../pull-secrets/settle-logins.ts';
import type { Remark } from './configuration.ts';
import {
  configurationEvent,
  hostsContested,
  loginExpired,
  loginNotMinted,
  noRoomForLogin,
  type ConfigurationObject,
} from './events.ts';

export interface ConfigurationEventsParts {
  readonly events: Pick<EventRecorder, 'record'>;
  /** Undefined where there is no ConfigMap: then there is nothing to record an Event beside. */
  readonly about: () => ConfigurationObject | undefined;
}

/** Records beside the ConfigMap what its people should know. */
export class ConfigurationEvents {
  readonly #parts: ConfigurationEventsParts;

  constructor(parts: ConfigurationEventsParts) {
    this.#parts = parts;
  }

  remarks(remarks: readonly Remark[]): void {
    for (const remark of remarks) this.#record((about) => configurationEvent(about, remark));
  }

  contest(contest: HostContest): void {
    this.#record((about) => hostsContested(about, contest));
  }

  leftOut(leftOut: LeftOut): void {
    this.#record((about) => noRoomForLogin(about, leftOut));
  }

  mintFailed(instance: string, failure: unknown): void {
    this.#record((about) => loginNotMinted(about, instance, describeFailure(failure)));
  }

  expired(instance: string): void {
    this.#record((about) => loginExpired(about, instance));
  }

  #record(event: (about: ConfigurationObject) => ClusterEvent): void {
    const about = this.#parts.about();
    if (about !== undefined) this.#parts.events.record(event(about));
  }
}
