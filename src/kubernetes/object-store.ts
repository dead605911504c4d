import type { ObjectKey } from './resource.ts';

interface Stored<T> {
  readonly resourceVersion: string;
  readonly value: T;
}

/** What is known of the objects of one resource, as of the last event. Written by its reflector only. */
export interface ObjectStore<T> {
  readonly size: number;
  get(key: ObjectKey): T | undefined;
  /** All objects, or those of one namespace. */
  values(namespace?: string): Iterable<T>;
  keys(namespace?: string): Iterable<ObjectKey>;
}

/** Indexed by namespace, since a namespace's objects are asked for together; cluster-scoped ones are under ''. */
export class WritableObjectStore<T> implements ObjectStore<T> {
  readonly #byNamespace = new Map<string, Map<string, Stored<T>>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: ObjectKey): T | undefined {
    return this.#byNamespace.get(key.namespace ?? '')?.get(key.name)?.value;
  }

  *values(namespace?: string): Iterable<T> {
    for (const objects of this.#chosen(namespace)) {
      for (const { value } of objects.values()) yield value;
    }
  }

  *keys(namespace?: string): Iterable<ObjectKey> {
    const chosen = namespace === undefined ? this.#byNamespace.keys() : [namespace];
    for (const each of chosen) {
      for (const name of this.#byNamespace.get(each)?.keys() ?? []) yield keyOf(each, name);
    }
  }

  /** An object seen again in the version that is stored is `unchanged`. */
  put(key: ObjectKey, resourceVersion: string, value: T): 'added' | 'updated' | 'unchanged' {
    const namespace = key.namespace ?? '';
    const objects = this.#byNamespace.get(namespace) ?? new Map<string, Stored<T>>();
    this.#byNamespace.set(namespace, objects);
    const before = objects.get(key.name);
    if (before?.resourceVersion === resourceVersion) return 'unchanged';
    objects.set(key.name, { resourceVersion, value });
    if (before !== undefined) return 'updated';
    this.#size += 1;
    return 'added';
  }

  /** Whether there was one. */
  remove(key: ObjectKey): boolean {
    const namespace = key.namespace ?? '';
    const objects = this.#byNamespace.get(namespace);
    if (objects === undefined || !objects.delete(key.name)) return false;
    this.#size -= 1;
    if (objects.size === 0) this.#byNamespace.delete(namespace);
    return true;
  }

  #chosen(namespace: string | undefined): Iterable<Map<string, Stored<T>>> {
    if (namespace === undefined) return this.#byNamespace.values();
    const objects = this.#byNamespace.get(namespace);
    return objects === undefined ? [] : [objects];
  }
}

function keyOf(namespace: string, name: string): ObjectKey {
  return namespace === '' ? { name } : { namespace, name };
}
