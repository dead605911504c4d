import type { Logger } from 'pino';
import { Failure } from '../failures/failure.ts';
import type { Connection } from '../kubernetes/connection.ts';
import { patchObject, readObject } from '../kubernetes/objects.ts';
import type { WebhookRegistration } from '../pull-secrets/published-scope.ts';
import type { AdmissionView } from './admission-view.ts';
import {
  isForPodsToo,
  isOpenIn,
  registrationName,
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

const changeTold = {
  open: 'registered the admission webhook',
  closed: 'closed the admission webhook: the API server does not ask it any more',
};

/** Keeps the registration as it should be. What goes wrong is thrown: KUBERNETES_… */
export class Registrar {
  readonly #parts: RegistrarParts;
  #isMissingTold = false;

  constructor(parts: RegistrarParts) {
    this.#parts = parts;
  }

  /** Gives whether it trusts somebody from now on whom it did not trust before. */
  async register(trustPem: string | undefined, signal: AbortSignal): Promise<boolean> {
    const { connection, view, logger, isOn, isServing, onRegistration } = this.#parts;
    const observed = await this.observed(signal);
    // Only now: whether it is on and its terms have to be of one moment.
    const settings = view.published()?.webhook;
    const { failurePolicy, timeoutSeconds } = settings ?? {};
    if (observed === undefined) {
      onRegistration(isOn() ? 'missing' : 'closed', false);
      return false;
    }
    // Opened by who answers, since with `Fail` nobody could create a service account before; others may answer still.
    const mayOpen = isServing() && settings !== undefined;
    const isOpen = isOn() && (mayOpen || isOpenIn(observed));
    const steps = registrationPatch(observed, { isOpen, failurePolicy, timeoutSeconds, trustPem });
    if (steps.length > 0) await patchObject(connection, registrationRef, steps, { signal });
    const became = isOpen ? 'open' : 'closed';
    onRegistration(became, isForPodsToo(observed));
    if (steps.length === 0) return false;
    logger.info({ failurePolicy, timeoutSeconds }, changeTold[became]);
    return trustPem !== undefined && trustPem !== trustedIn(observed);
  }

  /** Undefined where nobody has installed it. */
  async observed(signal: AbortSignal): Promise<RawWebhookConfiguration | undefined> {
    const { connection, logger, isOn } = this.#parts;
    try {
      const found = await readObject<RawWebhookConfiguration>(connection, registrationRef, { signal });
      this.#isMissingTold = false;
      return found;
    } catch (thrown) {
      if (!(thrown instanceof Failure) || thrown.code !== 'KUBERNETES_NOT_FOUND') throw thrown;
      if (isOn() && !this.#isMissingTold) {
        logger.warn(
          `there is no MutatingWebhookConfiguration ${registrationName}, so the API server does not ask the ` +
            'admission webhook: install it with the chart’s value admission: webhook',
        );
      }
      this.#isMissingTold = isOn();
      return undefined;
    }
  }
}
