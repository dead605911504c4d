import type { Logger } from 'pino';
import type { Connection } from '../kubernetes/connection.ts';
import type { ReflectorParts } from '../kubernetes/reflector.ts';
import { admissionInForce, type WebhookMode } from '../pull-secrets/admission-mode.ts';
import type { WebhookRegistration } from '../pull-secrets/webhook-registration.ts';
import type { ScopedNamespace, ScopedObject } from '../pull-secrets/scope.ts';
import { Bell } from '../runtime/bell.ts';
import { sleep, type Clock } from '../runtime/clock.ts';
import type { PatchStep } from '../runtime/json-patch.ts';
import { runTogether } from '../runtime/run-together.ts';
import { AdmissionView } from './admission-view.ts';
import { leadAdmission } from './lead-admission.ts';
import { NamespaceLookup } from './namespace-lookup.ts';
import { reviewPatch, type Review, type Surroundings } from './review.ts';
import { serveAdmission, type AdmissionAddress, type AdmissionServer } from './serve-admission.ts';
import {
  followCertificateFiles,
  readCertificateFiles,
  type CertificateFileNames,
} from './serving-certificate/certificate-files.ts';
import type { ServingCertificate } from './serving-certificate/make-certificate.ts';

export interface AdmissionParts extends ReflectorParts {
  readonly logger: Logger;
  readonly clock: Clock;
  /** Of the leader, each time it has looked: whether the API server asks the webhook, and is to ask about Pods, too. */
  readonly onRegistration: (registration: WebhookRegistration, isForPods: boolean) => void;
  /** What is known of a namespace; undefined where nothing is yet. */
  readonly knownNamespace: (name: string) => ScopedNamespace | undefined;
  /** What is known of a service account; undefined where nothing is yet. */
  readonly knownAccount: (namespace: string, name: string) => ScopedObject | undefined;
}

export interface AdmissionOptions {
  readonly mode: WebhookMode;
  /** The add-on's own. */
  readonly namespace: string;
  readonly secretName: string;
  /** The only ones that are served; undefined: all. */
  readonly onlyNamespaces: readonly string[] | undefined;
  readonly address: AdmissionAddress;
  /** The names by which the API server calls. */
  readonly hosts: readonly string[];
  /** Of the certificates that are made. */
  readonly certificateLifeMs: number;
  /** Left out: the certificate is made. */
  readonly certificateFiles?: CertificateFileNames | undefined;
  /** Whom the API server is to trust with those files; left out: somebody else tells it. */
  readonly trustPem?: string | undefined;
}

/** How long a Service may send new connections to a replica that is about to end. */
const leaveAfterMs = 5_000;
const longestWaitMs = 3_600_000;

/** The admission webhook: served by every replica, registered by the leader. */
export class Admission {
  readonly #parts: AdmissionParts;
  readonly #options: AdmissionOptions;
  readonly #view: AdmissionView;
  readonly #lookup: NamespaceLookup;
  readonly #serveBell: Bell;
  readonly #leadBell: Bell;
  #fromFiles: ServingCertificate | undefined;
  #served: ServingCertificate | undefined;
  #server: AdmissionServer | undefined;

  constructor(parts: AdmissionParts, options: AdmissionOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#lookup = new NamespaceLookup(parts);
    this.#serveBell = new Bell(parts.clock);
    this.#leadBell = new Bell(parts.clock);
    this.#view = new AdmissionView(parts, {
      namespace: options.namespace,
      watchesCertificates: options.certificateFiles === undefined,
      onChange: () => this.#ring(),
    });
  }

  /**
   * What is missing until this replica may be asked; empty: it is ready. Without a certificate it is, too: only a
   * leader makes one, and where the leader is a Pod of a former release, which makes none, it leaves for nobody
   * but a Pod that is ready. Nor is anything asked before there is a certificate to trust.
   */
  waitingFor(): string[] {
    const waits = this.#view.waitingFor();
    const couldServe = waits.length === 0 && this.#isOn && this.#certificate !== undefined;
    return couldServe && this.#server === undefined ? ['the admission webhook’s server'] : waits;
  }

  /** Of every replica: watches and answers until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { certificateFiles: files } = this.#options;
    if (files !== undefined) this.#fromFiles = await readCertificateFiles(files, signal);
    await runTogether(
      signal,
      (running) => this.#view.run(running),
      files && ((running) => followCertificateFiles(files, this.#parts, (read) => this.#read(read), running)),
      (running) => this.#serve(running),
    );
  }

  /** Of the leader: keeps the certificate and the registration until the signal is aborted. */
  async lead(connection: Connection, signal: AbortSignal): Promise<void> {
    await leadAdmission(
      {
        ...this.#parts,
        connection,
        view: this.#view,
        bell: this.#leadBell,
        isOn: () => this.#isOn,
        isServing: () => this.#server !== undefined,
      },
      {
        making: this.#options.certificateFiles === undefined ? this.#options : undefined,
        trustPem: this.#options.trustPem,
      },
      signal,
    );
  }

  get #isOn(): boolean {
    const { mode } = this.#options;
    const published = this.#view.published();
    if (published === undefined) return mode === 'webhook';
    return admissionInForce(mode, published.webhook) === 'webhook';
  }

  get #certificate(): ServingCertificate | undefined {
    return this.#fromFiles ?? this.#view.certificates()?.kept?.current;
  }

  async #serve(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        await this.#serveWhatThereIs();
        await this.#serveBell.next(longestWaitMs, signal);
      }
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
      await this.#leave();
    } finally {
      await this.#server?.close();
    }
  }

  async #serveWhatThereIs(): Promise<void> {
    const { logger, clock } = this.#parts;
    const certificate = this.#certificate;
    if (!this.#isOn || certificate === undefined) return;
    if (this.#server === undefined) {
      const patchFor = (review: Review, patience: AbortSignal) => this.#patchFor(review, patience);
      this.#server = await serveAdmission(this.#options.address, certificate, { logger, clock, patchFor });
      logger.info({ admissionPort: this.#server.port }, 'serving the admission webhook');
      this.#leadBell.ring();
    } else if (certificate.certificatePem !== this.#served?.certificatePem) {
      this.#server.useCertificate(certificate);
      logger.info('serving the admission webhook with a new certificate');
    }
    this.#served = certificate;
  }

  /** Until a Service has noticed, it is still asked; what is asked then goes elsewhere the next time. */
  async #leave(): Promise<void> {
    if (this.#server === undefined) return;
    this.#server.sendClientsAway();
    await sleep(this.#parts.clock, leaveAfterMs, new AbortController().signal);
  }

  async #patchFor(review: Review, signal: AbortSignal): Promise<readonly PatchStep[]> {
    const scope = this.#view.published()?.scope;
    const isWatched = this.#options.onlyNamespaces?.includes(review.namespace) ?? true;
    if (!this.#isOn || !isWatched || scope === undefined || review.subject === undefined) return [];
    const surroundings = await this.#surroundingsOf(review, signal);
    return reviewPatch(review, surroundings, { scope, secretName: this.#options.secretName });
  }

  async #surroundingsOf({ namespace, subject }: Review, signal: AbortSignal): Promise<Surroundings> {
    const { knownNamespace, knownAccount } = this.#parts;
    return {
      // The account of a new namespace may be there before the watch has shown the namespace.
      namespace: knownNamespace(namespace) ?? (await this.#lookup.read(namespace, signal)),
      account: subject?.kind === 'pod' ? knownAccount(namespace, subject.account) : undefined,
    };
  }

  #read(certificate: ServingCertificate): void {
    this.#fromFiles = certificate;
    this.#serveBell.ring();
  }

  #ring(): void {
    this.#serveBell.ring();
    this.#leadBell.ring();
  }
}
