import type { Logger } from 'pino';
import { describeFailure, Failure } from '../failures/failure.ts';
import type { Connection } from '../kubernetes/connection.ts';
import { applyObject, fieldManager, patchObject, readObject } from '../kubernetes/objects.ts';
import { mutatingWebhookConfigurations, secrets } from '../kubernetes/resource.ts';
import { pauseMs, type Pace } from '../runtime/backoff.ts';
import { Bell } from '../runtime/bell.ts';
import { sleep, type Clock } from '../runtime/clock.ts';
import type { AdmissionView } from './admission-view.ts';
import {
  isOpenIn,
  registrationName,
  registrationPatch,
  type RawWebhookConfiguration,
} from './registration.ts';
import {
  certificateSecretName,
  kept,
  trustBundle,
  writeKept,
  type KeptCertificates,
} from './serving-certificate/kept-certificates.ts';
import { makeCertificate } from './serving-certificate/make-certificate.ts';
import { rotationStep } from './serving-certificate/rotation.ts';

export interface LeadParts {
  /** Of the leader: it refuses writes of anybody else. */
  readonly connection: Connection;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  readonly view: Pick<AdmissionView, 'certificates' | 'published' | 'whenSynced'>;
  /** Rung when the view has changed. */
  readonly bell: Bell;
  readonly isOn: () => boolean;
  /** Whether this replica answers. */
  readonly isServing: () => boolean;
}

export interface LeadOptions {
  /** Undefined: certificates, and whom to trust, are somebody else's business. */
  readonly making: CertificateMaking | undefined;
}

export interface CertificateMaking {
  /** Of the Secret with the certificates. */
  readonly namespace: string;
  readonly hosts: readonly string[];
  readonly certificateLifeMs: number;
}

/** What somebody else has changed back is noticed after so long. */
const lookEveryMs = 60_000;
const retryPace: Pace = { firstMs: 1_000, longestMs: 60_000 };

/** Keeps the certificates and the registration as they should be until the signal is aborted. */
export async function leadAdmission(
  parts: LeadParts,
  options: LeadOptions,
  signal: AbortSignal,
): Promise<void> {
  const leader = new AdmissionLeader(parts, options);
  try {
    await parts.view.whenSynced(signal);
    for (let failures = 0; ;) {
      const failure = await tryRound(parts, leader, signal);
      failures = failure === undefined ? 0 : failures + 1;
      if (failure !== undefined) await sleep(parts.clock, tell(parts, failure, failures), signal);
    }
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  }
}

/**
 * Where there is no webhook: a registration that a former release has opened, and that nobody removed with it, is closed,
 * since with `Fail` no service account could be created any more.
 */
export async function keepAdmissionClosed(
  parts: Pick<LeadParts, 'connection' | 'clock' | 'logger' | 'random'>,
  signal: AbortSignal,
): Promise<void> {
  const nothing = {
    certificates: () => undefined,
    published: () => undefined,
    whenSynced: () => Promise.resolve(),
  };
  const off = { view: nothing, bell: new Bell(parts.clock), isOn: () => false, isServing: () => false };
  await leadAdmission({ ...parts, ...off }, { making: undefined }, signal);
}

async function tryRound(
  { bell }: LeadParts,
  leader: AdmissionLeader,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  try {
    await bell.next(await leader.round(signal), signal);
    return undefined;
  } catch (thrown) {
    if (signal.aborted || !(thrown instanceof Failure)) throw thrown;
    return thrown;
  }
}

function tell({ logger, random }: LeadParts, failure: Failure, failures: number): number {
  const { retry } = failure;
  const retryInMs = retry.kind === 'after' ? retry.delayMs : pauseMs(retryPace, failures, random());
  // A conflict is the normal answer to somebody else's change, and another look the normal answer to that.
  const level = failure.code === 'KUBERNETES_CONFLICT' ? 'debug' : 'error';
  logger[level](
    { ...describeFailure(failure), retryInMs },
    'could not keep the admission webhook registered',
  );
  return retryInMs;
}

class AdmissionLeader {
  readonly #parts: LeadParts;
  readonly #options: LeadOptions;
  #isMissingTold = false;

  constructor(parts: LeadParts, options: LeadOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  /** One step; gives how long to wait for the next if nothing changes. */
  async round(signal: AbortSignal): Promise<number> {
    const { making } = this.#options;
    if (making !== undefined && this.#parts.isOn()) return await this.#keepCertificates(making, signal);
    await this.#register(undefined, signal);
    return lookEveryMs;
  }

  async #keepCertificates(making: CertificateMaking, signal: AbortSignal): Promise<number> {
    const { view, clock, logger } = this.#parts;
    const observed = view.certificates();
    // What is kept is trusted before anything is done that counts on it.
    if (observed?.kept !== undefined) await this.#register(trustBundle(observed.kept), signal);
    const nowMs = clock.nowMs();
    const step = rotationStep(observed?.kept, making.hosts, nowMs);
    if (step.kind === 'wait') return Math.min(step.untilMs - nowMs, lookEveryMs);
    const certificates = await carriedOut(step, observed?.kept, { ...making, nowMs });
    await this.#store(making.namespace, certificates, observed?.resourceVersion, signal);
    logger.info({ step: step.kind }, 'stored the admission webhook’s certificates');
    // The watch shows it, which is the next step's beginning.
    return lookEveryMs;
  }

  /** Refused where another leader has written since. */
  async #store(
    namespace: string,
    certificates: KeptCertificates,
    resourceVersion: string | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const ref = { resource: secrets, namespace, name: certificateSecretName };
    const metadata = {
      labels: { 'app.kubernetes.io/managed-by': fieldManager },
      ...(resourceVersion !== undefined && { resourceVersion }),
    };
    const desired = { metadata, type: 'Opaque', data: writeKept(certificates) };
    await applyObject(this.#parts.connection, ref, desired, { signal });
  }

  async #register(trustPem: string | undefined, signal: AbortSignal): Promise<void> {
    const { connection, view, logger, isOn, isServing } = this.#parts;
    const settings = view.published()?.webhook;
    const { failurePolicy, timeoutSeconds } = settings ?? {};
    const ref = { resource: mutatingWebhookConfigurations, name: registrationName };
    const observed = await this.#registered(signal);
    if (observed === undefined) return;
    // Opened by who answers, since with `Fail` nobody could create a service account before; others may answer still.
    const mayOpen = isServing() && settings !== undefined;
    const isOpen = isOn() && (mayOpen || isOpenIn(observed));
    const steps = registrationPatch(observed, { isOpen, failurePolicy, timeoutSeconds, trustPem });
    if (steps.length === 0) return;
    await patchObject(connection, ref, steps, { signal });
    logger.info({ isOpen, failurePolicy, timeoutSeconds }, 'registered the admission webhook');
  }

  /** Undefined where nobody has installed it. */
  async #registered(signal: AbortSignal): Promise<RawWebhookConfiguration | undefined> {
    const { connection, logger, isOn } = this.#parts;
    const ref = { resource: mutatingWebhookConfigurations, name: registrationName };
    try {
      const found = await readObject<RawWebhookConfiguration>(connection, ref, { signal });
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

interface Moment extends CertificateMaking {
  readonly nowMs: number;
}

async function carriedOut(
  step: Exclude<ReturnType<typeof rotationStep>, { kind: 'wait' }>,
  observed: KeptCertificates | undefined,
  moment: Moment,
): Promise<KeptCertificates> {
  switch (step.kind) {
    case 'begin-anew':
      return { current: await madeAt(moment), next: undefined, previousPem: undefined };
    case 'make-next':
      if (observed === undefined) return carriedOut({ kind: 'begin-anew' }, observed, moment);
      return { ...observed, next: await madeAt(moment) };
    case 'serve-next':
    case 'forget-previous':
      return step.kept;
  }
}

async function madeAt({ hosts, nowMs, certificateLifeMs }: Moment) {
  return kept(await makeCertificate(hosts, nowMs, certificateLifeMs));
}
