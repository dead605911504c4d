import type { Failure } from '../failures/failure.ts';
import { Reflector, type Change, type ReflectorParts } from '../kubernetes/reflector.ts';
import { secrets, serviceAccounts, type ObjectKey, type RawObject } from '../kubernetes/resource.ts';
import type { ObservedServiceAccount } from '../pull-secrets/attachment.ts';
import { isOurs, mentionedBy, type ObservedSecret } from '../pull-secrets/desired-secret.ts';
import type { ObservedNamespace } from '../pull-secrets/namespace-plan.ts';
import { observedSecret, observedServiceAccount } from './observed-objects.ts';
import { OwnWrites } from './own-writes.ts';

export interface ServedObjectsOptions {
  /** Left out: of all namespaces. */
  readonly namespace?: string;
  readonly secretName: string;
  /** Something in the namespace changed. */
  readonly onNamespaceChange: (namespace: string) => void;
}

/** What is known of service accounts and pull secrets: what the watches have shown, corrected by our own writes. */
export class ServedObjects {
  readonly #options: ServedObjectsOptions;
  readonly #serviceAccounts: Reflector<ObservedServiceAccount>;
  readonly #secrets: Reflector<ObservedSecret>;
  readonly #writtenAccounts = new OwnWrites<ObservedServiceAccount>();
  readonly #writtenSecrets = new OwnWrites<ObservedSecret>();
  /** By namespace: the uid of the Secret that we deleted, which the watch may still show. */
  readonly #deletedSecrets = new Map<string, string>();
  /** By namespace: outlives a Secret that somebody deletes, and the record in it. */
  readonly #recordedMentions = new Map<string, ReadonlySet<string>>();
  readonly #refusal = Promise.withResolvers<void>();
  #isRefused = false;

  constructor(parts: ReflectorParts, options: ServedObjectsOptions) {
    this.#options = options;
    const { namespace, secretName } = options;
    const where = namespace === undefined ? {} : { namespace };
    const onFailure = (failure: Failure) => this.#noteFailure(failure);
    this.#serviceAccounts = new Reflector(parts, {
      ...where,
      resource: serviceAccounts,
      project: observedServiceAccount,
      onChange: (key, change) => this.#noteChange(this.#writtenAccounts, key, change),
      onListed: (resourceVersion) => this.#noteList(this.#writtenAccounts, resourceVersion),
      onFailure,
    });
    this.#secrets = new Reflector(parts, {
      ...where,
      resource: secrets,
      fieldSelector: `metadata.name=${secretName}`,
      project: observedSecret,
      onChange: (key, change) => this.#noteChange(this.#writtenSecrets, key, change),
      onListed: (resourceVersion) => this.#noteList(this.#writtenSecrets, resourceVersion),
      onFailure,
    });
  }

  /** Watches until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#serviceAccounts.run(signal), this.#secrets.run(signal)]);
  }

  /** Whether all of it has been listed. */
  get isKnown(): boolean {
    return this.#serviceAccounts.isSynced && this.#secrets.isSynced;
  }

  /** What nobody should wait for any longer, since it is one namespace and we may not look at it. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  /** Resolves once it is known, or refused; rejects with the signal's reason. */
  async whenLookedAt(signal: AbortSignal): Promise<void> {
    const known = Promise.all([this.#serviceAccounts.whenSynced(signal), this.#secrets.whenSynced(signal)]);
    await Promise.race([known, this.#refusal.promise]);
  }

  /** What has not been listed yet. */
  waitingFor(): string[] {
    const { namespace } = this.#options;
    const where = namespace === undefined ? '' : ` of ${namespace}`;
    return [
      ...(this.#serviceAccounts.isSynced ? [] : [`service accounts${where}`]),
      ...(this.#secrets.isSynced ? [] : [`pull secrets${where}`]),
    ];
  }

  of(namespace: string): Pick<ObservedNamespace, 'serviceAccounts' | 'secret' | 'recordedMentions'> {
    const accounts = [...this.#serviceAccounts.store.values(namespace)].map(
      (account) => this.#writtenAccounts.latest(`${namespace}/${account.name}`, account) ?? account,
    );
    const secret = this.pullSecret(namespace);
    if (secret !== undefined && isOurs(secret)) this.#recordedMentions.set(namespace, mentionedBy(secret));
    const recordedMentions = this.#recordedMentions.get(namespace);
    return { serviceAccounts: accounts, secret, recordedMentions };
  }

  /** As it was watched last. */
  account(namespace: string, name: string): ObservedServiceAccount | undefined {
    return this.#serviceAccounts.store.get({ namespace, name });
  }

  /** The Secret with the pull secret's name. */
  pullSecret(namespace: string): ObservedSecret | undefined {
    const name = this.#options.secretName;
    const observed = this.#secrets.store.get({ namespace, name });
    const secret = this.#writtenSecrets.latest(`${namespace}/${name}`, observed);
    return secret?.uid === this.#deletedSecrets.get(namespace) ? undefined : secret;
  }

  /** Takes what the API server makes of a write of ours that begins in this turn; rejects as it does. */
  async noteWrittenAccount(namespace: string, name: string, answer: Promise<RawObject>): Promise<void> {
    await this.#writtenAccounts.noteAnswer(`${namespace}/${name}`, answer.then(observedServiceAccount));
  }

  /** As `noteWrittenAccount`. */
  async noteWrittenSecret(namespace: string, answer: Promise<RawObject>): Promise<void> {
    const key = `${namespace}/${this.#options.secretName}`;
    await this.#writtenSecrets.noteAnswer(key, answer.then(observedSecret));
  }

  /** Another is about to be written. */
  noteReplacedSecret(namespace: string, { uid }: ObservedSecret): void {
    this.#deletedSecrets.set(namespace, uid);
  }

  /** We have left the namespace: whoever carries the name from now on does so on their own. */
  noteDeletedSecret(namespace: string, { uid }: ObservedSecret): void {
    this.#deletedSecrets.set(namespace, uid);
    this.#recordedMentions.delete(namespace);
  }

  /** To be called when the namespace was deleted. */
  forget(namespace: string): void {
    this.#recordedMentions.delete(namespace);
    this.#deletedSecrets.delete(namespace);
    for (const written of [this.#writtenAccounts, this.#writtenSecrets]) written.forgetNamespace(namespace);
  }

  #noteChange(
    written: { forget(key: string): void },
    { namespace = '', name }: ObjectKey,
    change: Change,
  ): void {
    if (change === 'deleted') written.forget(`${namespace}/${name}`);
    this.#options.onNamespaceChange(namespace);
  }

  #noteList(written: { listed(resourceVersion: string): string[] }, resourceVersion: string): void {
    const { namespace } = this.#options;
    const touched = written.listed(resourceVersion).map((key) => key.slice(0, key.indexOf('/')));
    // One that could not be looked at before may have nothing in it that would be news.
    const looked = namespace === undefined ? [] : [namespace];
    for (const each of new Set([...touched, ...looked])) this.#options.onNamespaceChange(each);
  }

  #noteFailure({ code }: Failure): void {
    if (this.#options.namespace === undefined || code !== 'KUBERNETES_FORBIDDEN') return;
    this.#isRefused = true;
    this.#refusal.resolve();
  }
}
