import { Reflector, type ReflectorParts } from '../kubernetes/reflector.ts';
import { configMaps, secrets, type RawObject } from '../kubernetes/resource.ts';
import { readPublishedScope, readPublishedWebhook, scopeName } from '../pull-secrets/published-scope.ts';
import type { Scope, WebhookSettings } from '../settings/settings.ts';
import {
  certificateSecretName,
  readKept,
  type KeptCertificates,
  type SecretData,
} from './serving-certificate/kept-certificates.ts';

/** What a leader has published of the settings in force. */
export interface PublishedSettings {
  readonly scope: Scope;
  readonly webhook: WebhookSettings;
}

/** The ConfigMap in which it is published; undefined settings where a part of them cannot be read. */
interface ObservedPublication {
  readonly settings: PublishedSettings | undefined;
}

/** The Secret with the certificates; undefined content where it cannot be served. */
export interface ObservedCertificates {
  readonly resourceVersion: string;
  readonly kept: KeptCertificates | undefined;
}

export interface AdmissionViewOptions {
  /** The add-on's own. */
  readonly namespace: string;
  /** False where the certificate comes from files. */
  readonly watchesCertificates: boolean;
  readonly onChange: () => void;
}

/** What every replica knows of the webhook, so that each answers alike, whoever leads. */
export class AdmissionView {
  readonly #options: AdmissionViewOptions;
  readonly #published: Reflector<ObservedPublication>;
  readonly #certificates: Reflector<ObservedCertificates>;
  /** Outlives the ConfigMap where somebody deletes or spoils it; the leader writes it again. */
  #lastPublished: PublishedSettings | undefined;

  constructor(parts: ReflectorParts, options: AdmissionViewOptions) {
    this.#options = options;
    const { namespace, onChange } = options;
    this.#published = new Reflector(parts, {
      resource: configMaps,
      namespace,
      fieldSelector: `metadata.name=${scopeName}`,
      project: observedPublication,
      onChange: () => {
        const now = this.#published.store.get({ namespace, name: scopeName });
        this.#lastPublished = now?.settings ?? this.#lastPublished;
        onChange();
      },
      onListed: onChange,
    });
    this.#certificates = new Reflector(parts, {
      resource: secrets,
      namespace,
      fieldSelector: `metadata.name=${certificateSecretName}`,
      project: observedCertificates,
      onChange,
      onListed: onChange,
    });
  }

  /** Watches until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#watches().map(({ reflector }) => reflector.run(signal)));
  }

  /** What has not been listed yet. */
  waitingFor(): string[] {
    return this.#watches().flatMap(({ what, reflector }) => (reflector.isSynced ? [] : [what]));
  }

  async whenSynced(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#watches().map(({ reflector }) => reflector.whenSynced(signal)));
  }

  /** Undefined until a leader has published something that can be read. */
  published(): PublishedSettings | undefined {
    return this.#lastPublished;
  }

  /** Undefined where there is no Secret. */
  certificates(): ObservedCertificates | undefined {
    const { namespace } = this.#options;
    return this.#certificates.store.get({ namespace, name: certificateSecretName });
  }

  #watches() {
    const { watchesCertificates } = this.#options;
    return [
      { what: 'the scope in force', reflector: this.#published },
      ...(watchesCertificates ? [{ what: 'the webhook’s certificates', reflector: this.#certificates }] : []),
    ];
  }
}

interface RawData extends RawObject {
  readonly data?: SecretData;
}

function observedPublication({ data }: RawData): ObservedPublication {
  const scope = readPublishedScope(data);
  const webhook = readPublishedWebhook(data);
  return { settings: scope && webhook && { scope, webhook } };
}

function observedCertificates({ metadata, data }: RawData): ObservedCertificates {
  return { resourceVersion: metadata.resourceVersion ?? '', kept: readKept(data) };
}
