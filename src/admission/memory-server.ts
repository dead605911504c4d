import { Failure } from '../failures/failure.ts';
import type { ApiCall, Connection } from '../kubernetes/connection.ts';
import { secrets } from '../kubernetes/resource.ts';
import type { Bell } from '../runtime/bell.ts';
import type { PatchStep } from '../runtime/json-patch.ts';
import type { ObservedCertificates, PublishedSettings } from './admission-view.ts';
import { readKept, type SecretData } from './serving-certificate/kept-certificates.ts';

/**
 * For tests: the Secret and the registration, as an API server keeps them. Whoever watches sees each change at once, but
 * for the Secret where `isSecretShown` is false.
 */
export class MemoryServer {
  readonly bells: Bell[] = [];
  secret: { data: SecretData; version: number } | undefined;
  isSecretShown = true;
  webhook: Record<string, unknown> | undefined = {
    name: 'attach.x.svc',
    clientConfig: {},
    failurePolicy: 'Fail',
    timeoutSeconds: 10,
  };
  /** What each write of the Secret left, and who was trusted then. */
  readonly served: { pem: string; trusted: string }[] = [];
  onStored: () => void = () => undefined;
  onRead: () => void = () => undefined;
  /** What each patch that gave the webhook rules left. */
  readonly opened: unknown[] = [];
  published: PublishedSettings | undefined;
  #version = 1;

  readonly connection = {
    request: async <T>(call: ApiCall) => {
      await Promise.resolve();
      return this.#answer(call) as T;
    },
  } satisfies Pick<Connection, 'request'> as unknown as Connection;

  get trusted(): string {
    const { caBundle = '' } = (this.webhook?.['clientConfig'] ?? {}) as { caBundle?: string };
    return Buffer.from(caBundle, 'base64').toString();
  }

  /** As a watch shows the Secret. */
  certificates(): ObservedCertificates | undefined {
    if (this.secret === undefined || !this.isSecretShown) return undefined;
    const { version, data } = this.secret;
    return { resourceVersion: String(version), kept: readKept(data) };
  }

  ring(): void {
    for (const bell of this.bells) bell.ring();
  }

  #answer({ method, target, body }: ApiCall): unknown {
    if (target.resource === secrets) return this.#apply(body?.content as AppliedSecret);
    if (this.webhook === undefined) throw new Failure('KUBERNETES_NOT_FOUND', 'not there');
    if (method === 'PATCH' && body !== undefined) {
      for (const step of body.content as readonly PatchStep[]) this.#change(step);
      this.#version += 1;
      if (Array.isArray(this.webhook['rules'])) this.opened.push(this.webhook['failurePolicy']);
    } else this.onRead();
    const metadata = { name: 'aliyun-acr-credential-helper', resourceVersion: String(this.#version) };
    return { metadata, webhooks: [structuredClone(this.webhook)] };
  }

  #change(step: PatchStep): void {
    if (step.op === 'remove') throw new Error('not expected');
    if (step.op === 'test') {
      if (step.value !== String(this.#version)) throw new Failure('KUBERNETES_CONFLICT', 'stale');
    } else if (step.path === '/webhooks/0/clientConfig/caBundle') {
      this.webhook = { ...this.webhook, clientConfig: { caBundle: step.value } };
    } else {
      this.webhook = { ...this.webhook, [step.path.replace('/webhooks/0/', '')]: step.value };
    }
  }

  #apply({ metadata, data }: AppliedSecret): unknown {
    const { resourceVersion } = metadata;
    if (resourceVersion !== undefined && resourceVersion !== String(this.secret?.version)) {
      throw new Failure('KUBERNETES_CONFLICT', 'stale');
    }
    this.#version += 1;
    this.secret = { data, version: this.#version };
    this.served.push({ pem: readKept(data)?.current.certificatePem ?? '', trusted: this.trusted });
    this.onStored();
    this.ring();
    return { metadata: {} };
  }
}

interface AppliedSecret {
  readonly metadata: { readonly resourceVersion?: string };
  readonly data: SecretData;
}
