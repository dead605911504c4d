import type { Change, ReflectorOptions } from '../kubernetes/reflector.ts';
import { Reflector, type ReflectorParts } from '../kubernetes/reflector.ts';
import {
  configMaps,
  namespaces,
  secrets,
  serviceAccounts,
  type ObjectKey,
  type RawObject,
} from '../kubernetes/resource.ts';
import type { ObservedServiceAccount } from '../pull-secrets/attachment.ts';
import { isOurs, mentionedBy, type ObservedSecret } from '../pull-secrets/desired-secret.ts';
import type { ObservedNamespace } from '../pull-secrets/namespace-plan.ts';
import type { ScopedNamespace } from '../pull-secrets/scope.ts';
import {
  observedConfigMap,
  observedNamespace,
  observedSecret,
  observedServiceAccount,
  type ObservedConfigMap,
  type ObservedNamespaceObject,
} from './observed-objects.ts';
import { OwnWrites } from './own-writes.ts';

export interface ClusterViewOptions {
  /** Where the ConfigMap is. */
  readonly namespace: string;
  readonly configMapName: string;
  readonly secretName: string;
  /** Something in the namespace changed. */
  readonly onNamespaceChange: (namespace: string) => void;
  readonly onConfigurationChange: () => void;
}

/** What is known of the cluster: what the watches have shown, corrected by our own writes. */
export class ClusterView {
  readonly #options: ClusterViewOptions;
  readonly #namespaces: Reflector<ObservedNamespaceObject>;
  readonly #serviceAccounts: Reflector<ObservedServiceAccount>;
  readonly #secrets: Reflector<ObservedSecret>;
  readonly #configMap: Reflector<ObservedConfigMap>;
  readonly #writtenAccounts = new OwnWrites<ObservedServiceAccount>();
  readonly #writtenSecrets = new OwnWrites<ObservedSecret>();
  /** By namespace: the uid of the Secret that we deleted, which the watch may still show. */
  readonly #deletedSecrets = new Map<string, string>();
  /** By namespace: outlives a Secret that somebody deletes, and the record in it. */
  readonly #recordedMentions = new Map<string, ReadonlySet<string>>();

  constructor(parts: ReflectorParts, options: ClusterViewOptions) {
    this.#options = options;
    const watch = <T>(more: ReflectorOptions<T>) => new Reflector(parts, more);
    this.#namespaces = watch({
      resource: namespaces,
      metadataOnly: true,
      project: observedNamespace,
      onChange: ({ name }, change) => {
        if (change === 'deleted') {
          this.#recordedMentions.delete(name);
          this.#deletedSecrets.delete(name);
          for (const written of [this.#writtenAccounts, this.#writtenSecrets]) written.forgetNamespace(name);
        }
        options.onNamespaceChange(name);
      },
    });
    this.#serviceAccounts = watch({
      resource: serviceAccounts,
      project: observedServiceAccount,
      onChange: (key, change) => this.#noteChange(this.#writtenAccounts, key, change),
      onListed: (resourceVersion) => this.#noteList(this.#writtenAccounts, resourceVersion),
    });
    this.#secrets = watch({
      resource: secrets,
      ...byName(options.secretName),
      project: observedSecret,
      onChange: (key, change) => this.#noteChange(this.#writtenSecrets, key, change),
      onListed: (resourceVersion) => this.#noteList(this.#writtenSecrets, resourceVersion),
    });
    this.#configMap = watch({
      resource: configMaps,
      namespace: options.namespace,
      ...byName(options.configMapName),
      project: observedConfigMap,
      onChange: () => options.onConfigurationChange(),
    });
  }

  /** Watches until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#watches().map(({ reflector }) => reflector.run(signal)));
  }

  async whenSynced(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#watches().map(({ reflector }) => reflector.whenSynced(signal)));
  }

  /** What has not been listed yet. */
  waitingFor(): string[] {
    return this.#watches().flatMap(({ what, reflector }) => (reflector.isSynced ? [] : [what]));
  }

  /** Undefined where there is no ConfigMap. */
  configuration(): ObservedConfigMap | undefined {
    const { namespace, configMapName: name } = this.#options;
    return this.#configMap.store.get({ namespace, name });
  }

  namespaceNames(): string[] {
    return [...this.#namespaces.store.keys()].map(({ name }) => name);
  }

  /** What decides whether a namespace is in scope; undefined where it does not exist. */
  scopedNamespace(name: string): ScopedNamespace | undefined {
    const namespace = this.#namespaces.store.get({ name });
    return namespace && { name, ...namespace };
  }

  /** The Secret with the pull secret's name. */
  pullSecret(namespace: string): ObservedSecret | undefined {
    const name = this.#options.secretName;
    const observed = this.#secrets.store.get({ namespace, name });
    const secret = this.#writtenSecrets.latest(`${namespace}/${name}`, observed);
    return secret?.uid === this.#deletedSecrets.get(namespace) ? undefined : secret;
  }

  /** Undefined where the namespace does not exist. */
  namespace(name: string): ObservedNamespace | undefined {
    const namespace = this.#namespaces.store.get({ name });
    if (namespace === undefined) return undefined;
    const accounts = [...this.#serviceAccounts.store.values(name)].map(
      (account) => this.#writtenAccounts.latest(`${name}/${account.name}`, account) ?? account,
    );
    const secret = this.pullSecret(name);
    if (secret !== undefined && isOurs(secret)) this.#recordedMentions.set(name, mentionedBy(secret));
    const recordedMentions = this.#recordedMentions.get(name);
    return { name, ...namespace, serviceAccounts: accounts, secret, recordedMentions };
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

  #noteChange(
    written: { forget(key: string): void },
    { namespace = '', name }: ObjectKey,
    change: Change,
  ): void {
    if (change === 'deleted') written.forget(`${namespace}/${name}`);
    this.#options.onNamespaceChange(namespace);
  }

  #noteList(written: { listed(resourceVersion: string): string[] }, resourceVersion: string): void {
    const namespaces = written.listed(resourceVersion).map((key) => key.slice(0, key.indexOf('/')));
    for (const namespace of new Set(namespaces)) this.#options.onNamespaceChange(namespace);
  }

  #watches() {
    return [
      { what: 'namespaces', reflector: this.#namespaces },
      { what: 'service accounts', reflector: this.#serviceAccounts },
      { what: 'pull secrets', reflector: this.#secrets },
      { what: 'the configuration', reflector: this.#configMap },
    ];
  }
}

function byName(name: string): { fieldSelector: string } {
  return { fieldSelector: `metadata.name=${name}` };
}
