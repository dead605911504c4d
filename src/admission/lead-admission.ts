import { describeFailure, Failure } from '../failures/failure.ts';
import { applyObject, fieldManager } from '../kubernetes/objects.ts';
import { secrets } from '../kubernetes/resource.ts';
import { pauseMs, type Pace } from '../runtime/backoff.ts';
import { Bell } from '../runtime/bell.ts';
import { sleep, type Clock } from '../runtime/clock.ts';
import type { AdmissionView } from './admission-view.ts';
import { Registrar, type RegistrarParts } from './registrar.ts';
import { trustedIn } from './registration.ts';
import {
  alone,
  certificateSecretName,
  kept,
  lastingIn,
  trustBundle,
  writeKept,
  type KeptCertificates,
} from './serving-certificate/kept-certificates.ts';
import { makeCertificate } from './serving-certificate/make-certificate.ts';
import { rotationStep } from './serving-certificate/rotation.ts';

export interface LeadParts extends RegistrarParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly view: Pick<AdmissionView, 'certificates' | 'published' | 'whenSynced'>;
  /** Rung when the view has changed. */
  readonly bell: Bell;
}

export interface LeadOptions {
  /** Undefined: certificates are somebody else's business. */
  readonly making: CertificateMaking | undefined;
  /** Whom to trust where they are not made, PEM; undefined: somebody else says so in the registration. */
  readonly trustPem?: string | undefined;
}

export interface CertificateMaking {
  /** Of the Secret with the certificates. */
  readonly namespace: string;
  readonly hosts: readonly string[];
  readonly certificateLifeMs: number;
}

/** What somebody else has changed back is noticed after so long. */
const lookEveryMs = 60_000;
/** What was begun and is not shown by the watch after this has been deleted again. */
const longestWatchLagMs = 5_000;
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
  const off = {
    view: nothing,
    bell: new Bell(parts.clock),
    isOn: () => false,
    isServing: () => false,
    onRegistration: () => undefined,
  };
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
  readonly #registrar: Registrar;
  /** Until then, in monotonic time, the watch may be behind the Secret that was begun. */
  #unseenUntilMs = 0;

  constructor(parts: LeadParts, options: LeadOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#registrar = new Registrar(parts);
  }

  /** One step; gives how long to wait for the next if nothing changes. */
  async round(signal: AbortSignal): Promise<number> {
    const { making, trustPem } = this.#options;
    if (making !== undefined && this.#parts.isOn()) return await this.#keepCertificates(making, signal);
    await this.#registrar.register(trustPem, signal);
    return lookEveryMs;
  }

  async #keepCertificates(making: CertificateMaking, signal: AbortSignal): Promise<number> {
    const { view, clock, logger } = this.#parts;
    const observed = view.certificates();
    const unseenForMs = this.#unseenUntilMs - clock.monotonicMs();
    // The bell has other reasons to ring, too.
    if (observed === undefined && unseenForMs > 0) return unseenForMs;
    this.#unseenUntilMs = 0;
    const keptNow = observed && (await this.#trusted(observed.kept, signal));
    const nowMs = clock.nowMs();
    const step = rotationStep(keptNow, making.hosts, nowMs);
    if (step.kind === 'wait') return Math.min(step.untilMs - nowMs, lookEveryMs);
    const certificates = await this.#carriedOut(step, keptNow, { ...making, nowMs, signal });
    await this.#store(making.namespace, certificates, observed?.resourceVersion, signal);
    if (observed === undefined) this.#unseenUntilMs = clock.monotonicMs() + longestWatchLagMs;
    logger.info({ step: step.kind }, 'stored the admission webhook’s certificates');
    // The watch shows it, which is the next step's beginning.
    return lookEveryMs;
  }

  /** What is kept is trusted before anything is done that counts on it; what is trusted from now on only, counts from now. */
  async #trusted(
    observed: KeptCertificates | undefined,
    signal: AbortSignal,
  ): Promise<KeptCertificates | undefined> {
    if (observed === undefined) return undefined;
    const isNew = await this.#registrar.register(trustBundle(observed), signal);
    return isNew ? { ...observed, nextTrustedSinceMs: undefined } : observed;
  }

  async #carriedOut(
    step: Exclude<ReturnType<typeof rotationStep>, { kind: 'wait' }>,
    observed: KeptCertificates | undefined,
    moment: Moment,
  ): Promise<KeptCertificates> {
    switch (step.kind) {
      case 'begin-anew':
        return await this.#begunAnew(moment);
      case 'make-next':
        if (observed === undefined) return await this.#begunAnew(moment);
        return { ...observed, next: await madeAt(moment), nextTrustedSinceMs: undefined };
      case 'note-moment':
      case 'serve-next':
      case 'forget-previous':
        return step.kept;
    }
  }

  /** Replicas may still serve what was kept before somebody deleted or spoiled it, so what is trusted stays so for a while. */
  async #begunAnew(moment: Moment): Promise<KeptCertificates> {
    const { nowMs, signal } = moment;
    const current = await madeAt(moment);
    const registered = await this.#registrar.observed(signal);
    const previousPem = registered && lastingIn(trustedIn(registered), nowMs);
    const begun =
      previousPem === undefined
        ? alone(current)
        : { ...alone(current), previousPem, currentServedSinceMs: nowMs };
    await this.#registrar.register(trustBundle(begun), signal);
    return begun;
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
}

interface Moment extends CertificateMaking {
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

async function madeAt({ hosts, nowMs, certificateLifeMs }: Moment) {
  return kept(await makeCertificate(hosts, nowMs, certificateLifeMs));
}
