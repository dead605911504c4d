import { Reflector, type ReflectorParts } from '../kubernetes/reflector.ts';
import { configMaps, namespaces, type RawObject } from '../kubernetes/resource.ts';
import type { ObservedSecret } from '../pull-secrets/desired-secret.ts';
import type { ObservedNamespace } from '../pull-secrets/namespace-plan.ts';
import type { ScopedNamespace, ScopedObject } from '../pull-secrets/scope.ts';
import {
  observedConfigMap,
  observedNamespace,
  type ObservedConfigMap,
  type ObservedNamespaceObject,
} from './observed-objects.ts';
import { ServedObjects } from './served-objects.ts';

export interface ClusterViewOptions {
  /** Where the ConfigMap is. */
  readonly namespace: string;
  readonly configMapName: string;
  readonly secretName: string;
  /** The namespaces that there are for us, each watched on its own; left out: all, watched as one. */
  readonly onlyNamespaces?: readonly string[] | undefined;
  /** Something in the namespace changed. */
  readonly onNamespaceChange: (namespace: string) => void;
  readonly onConfigurationChange: () => void;
}

/** What is known of the cluster: what the watches have shown, corrected by our own writes. */
export class ClusterView {
  readonly #options: ClusterViewOptions;
  readonly #namespaces: Reflector<ObservedNamespaceObject>;
  readonly #configMap: Reflector<ObservedConfigMap>;
  /** By namespace, or of the whole cluster. */
  readonly #objects: ReadonlyMap<string, ServedObjects> | ServedObjects;

  constructor(parts: ReflectorParts, options: ClusterViewOptions) {
    this.#options = options;
    this.#objects = watchedObjects(parts, options);
    this.#namespaces = new Reflector(parts, {
      resource: namespaces,
      metadataOnly: true,
      project: observedNamespace,
      onChange: ({ name }, change) => {
        if (change === 'deleted') this.#objectsOf(name)?.forget(name);
        options.onNamespaceChange(name);
      },
    });
    this.#configMap = new Reflector(parts, {
      resource: configMaps,
      namespace: options.namespace,
      fieldSelector: `metadata.name=${options.configMapName}`,
      project: observedConfigMap,
      onChange: () => options.onConfigurationChange(),
    });
  }

  /** Watches until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const watches = [this.#namespaces, this.#configMap, ...this.#allObjects()];
    await Promise.all(watches.map((watch) => watch.run(signal)));
  }

  /** Resolves once all is known but the namespaces that we may not look at; rejects with the signal's reason. */
  async whenSynced(signal: AbortSignal): Promise<void> {
    await Promise.all([
      this.#namespaces.whenSynced(signal),
      this.#configMap.whenSynced(signal),
      ...this.#allObjects().map((objects) => objects.whenLookedAt(signal)),
    ]);
  }

  /** What has not been listed yet, and may be. */
  waitingFor(): string[] {
    return [
      ...(this.#namespaces.isSynced ? [] : ['namespaces']),
      ...this.#allObjects().flatMap((objects) => (objects.isRefused ? [] : objects.waitingFor())),
      ...(this.#configMap.isSynced ? [] : ['the configuration']),
    ];
  }

  /** Undefined where there is no ConfigMap. */
  configuration(): ObservedConfigMap | undefined {
    const { namespace, configMapName: name } = this.#options;
    return this.#configMap.store.get({ namespace, name });
  }

  /** Of those that we may look at. */
  namespaceNames(): string[] {
    const names = [...this.#namespaces.store.keys()].map(({ name }) => name);
    return names.filter((name) => this.#knownObjectsOf(name) !== undefined);
  }

  /** What decides whether a namespace is in scope; undefined where it does not exist. */
  scopedNamespace(name: string): ScopedNamespace | undefined {
    const namespace = this.#namespaces.store.get({ name });
    return namespace && { name, ...namespace };
  }

  /** What decides whether a service account is in scope; undefined where none is known. */
  scopedAccount(namespace: string, name: string): ScopedObject | undefined {
    return this.#objectsOf(namespace)?.account(namespace, name);
  }

  /** The Secret with the pull secret's name. */
  pullSecret(namespace: string): ObservedSecret | undefined {
    return this.#objectsOf(namespace)?.pullSecret(namespace);
  }

  /** Undefined where the namespace does not exist, or is none that we may look at. */
  namespace(name: string): ObservedNamespace | undefined {
    const namespace = this.#namespaces.store.get({ name });
    const objects = this.#knownObjectsOf(name);
    return namespace && objects && { name, ...namespace, ...objects.of(name) };
  }

  /** Takes what the API server makes of a write of ours that begins in this turn; rejects as it does. */
  async noteWrittenAccount(namespace: string, name: string, answer: Promise<RawObject>): Promise<void> {
    await (this.#objectsOf(namespace)?.noteWrittenAccount(namespace, name, answer) ?? answer);
  }

  /** As `noteWrittenAccount`. */
  async noteWrittenSecret(namespace: string, answer: Promise<RawObject>): Promise<void> {
    await (this.#objectsOf(namespace)?.noteWrittenSecret(namespace, answer) ?? answer);
  }

  /** Another is about to be written. */
  noteReplacedSecret(namespace: string, secret: ObservedSecret): void {
    this.#objectsOf(namespace)?.noteReplacedSecret(namespace, secret);
  }

  /** We have left the namespace: whoever carries the name from now on does so on their own. */
  noteDeletedSecret(namespace: string, secret: ObservedSecret): void {
    this.#objectsOf(namespace)?.noteDeletedSecret(namespace, secret);
  }

  #objectsOf(namespace: string): ServedObjects | undefined {
    return this.#objects instanceof ServedObjects ? this.#objects : this.#objects.get(namespace);
  }

  /** Undefined as long as it is not known what there is: one would take what exists for missing. */
  #knownObjectsOf(namespace: string): ServedObjects | undefined {
    const objects = this.#objectsOf(namespace);
    return this.#objects instanceof ServedObjects || objects?.isKnown === true ? objects : undefined;
  }

  #allObjects(): readonly ServedObjects[] {
    return this.#objects instanceof ServedObjects ? [this.#objects] : [...this.#objects.values()];
  }
}

function watchedObjects(
  parts: ReflectorParts,
  { onlyNamespaces, secretName, onNamespaceChange }: ClusterViewOptions,
): ReadonlyMap<string, ServedObjects> | ServedObjects {
  const shared = { secretName, onNamespaceChange };
  if (onlyNamespaces === undefined) return new ServedObjects(parts, shared);
  return new Map(
    onlyNamespaces.map((namespace) => [namespace, new ServedObjects(parts, { ...shared, namespace })]),
  );
}
