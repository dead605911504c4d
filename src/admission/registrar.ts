import type { Logger } from 'pino';
import { Failure } from '../failures/failure.ts';
import type { Connection } from '../kubernetes/connection.ts';
import { patchObject, readObject } from '../kubernetes/objects.ts';
import { whyNotAsked, type WebhookRegistration } from '../pull-secrets/webhook-registration.ts';
import type { WebhookSettings } from '../settings/settings.ts';
import type { AdmissionView } from './admission-view.ts';
import {
  isForPodsToo,
  isOpenIn,
  isTrustedIn,
  registrationPatch,
  registrationRef,
  trustedIn,
  type RawWebhookConfiguration,
} from './registration.ts';

export interface RegistrarParts {
  /** Of the leader: it refuses writes of anybody else. */
  readonly connection: Connection;
  readonly logger: Logger;
  readonly view: Pick<AdmissionView, 'published'>;
  readonly isOn: () => boolean;
  /** Whether this replica answers. */
  readonly isServing: () => boolean;
  /** Called each time it has looked; `isForPods`: whether what is registered is to be asked about Pods, too. */
  readonly onRegistration: (registration: WebhookRegistration, isForPods: boolean) => void;
}

const changeTold: Readonly<Record<WebhookRegistration, string>> = {
  open: 'registered the admission webhook',
  closed: 'closed the admission webhook: the API server does not ask it any more',
  ...whyNotAsked,
};

/** Keeps the registration as it should be. What goes wrong is thrown: KUBERNETES_… */
export class Registrar {
  readonly #parts: RegistrarParts;
  #last: WebhookRegistration | undefined;

  constructor(parts: RegistrarParts) {
    this.#parts = parts;
  }

  /** Gives whether it trusts somebody from now on whom it did not trust before. */
  async register(trustPem: string | undefined, signal: AbortSignal): Promise<boolean> {
    const { connection, view, onRegistration } = this.#parts;
    const observed = await this.observed(signal);
    // Only now: whether it is on and its terms have to be of one moment.
    const settings = view.published()?.webhook;
    const became = this.#standing(observed, settings !== undefined, trustPem);
    if (observed === undefined) {
      this.#tell(became, false);
      onRegistration(became, false);
      return false;
    }
    const { failurePolicy, timeoutSeconds } = settings ?? {};
    const isOpen = became === 'open';
    const steps = registrationPatch(observed, { isOpen, failurePolicy, timeoutSeconds, trustPem });
    if (steps.length > 0) await patchObject(connection, registrationRef, steps, { signal });
    this.#tell(became, steps.length > 0, settings);
    onRegistration(became, isForPodsToo(observed));
    return steps.length > 0 && trustPem !== undefined && trustPem !== trustedIn(observed);
  }

  /** Undefined where nobody has installed it. */
  async observed(signal: AbortSignal): Promise<RawWebhookConfiguration | undefined> {
    try {
      return await readObject<RawWebhookConfiguration>(this.#parts.connection, registrationRef, { signal });
    } catch (thrown) {
      if (!(thrown instanceof Failure) || thrown.code !== 'KUBERNETES_NOT_FOUND') throw thrown;
      return undefined;
    }
  }

  /** What it is to be. */
  #standing(
    observed: RawWebhookConfiguration | undefined,
    hasTerms: boolean,
    trustPem: string | undefined,
  ): WebhookRegistration {
    const { isOn, isServing } = this.#parts;
    if (!isOn()) return 'closed';
    if (observed === undefined) return 'missing';
    // With `Fail` nobody could create a service account before somebody answers, and is trusted; others may answer still.
    if (!isOpenIn(observed) && !(isServing() && hasTerms)) return 'closed';
    return trustPem === undefined && !isTrustedIn(observed) ? 'untrusted' : 'open';
  }

  /** What keeps it from being asked is told once, and of the rest what was written. */
  #tell(became: WebhookRegistration, isWritten: boolean, terms: Partial<WebhookSettings> = {}): void {
    const { failurePolicy, timeoutSeconds } = terms;
    const isTrouble = became === 'missing' || became === 'untrusted';
    if (isTrouble && became !== this.#last) this.#parts.logger.warn(changeTold[became]);
    if (!isTrouble && isWritten)
      this.#parts.logger.info({ failurePolicy, timeoutSeconds }, changeTold[became]);
    this.#last = became;
  }
}
