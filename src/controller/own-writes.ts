interface Versioned {
  readonly resourceVersion: string;
}

/**
 * What our own writes made of objects, until the watch shows it too. Without it a namespace that is looked at
 * again in between would be written twice.
 */
export class OwnWrites<T extends Versioned> {
  readonly #written = new Map<string, T>();
  readonly #underway = new Map<string, { isOvertaken: boolean }>();
  #listedAt = '0';

  /**
   * Takes the answer to a write that begins in this turn; rejects as it does. The answer is ignored where the
   * watch has shown more already: that the object was deleted in the meantime, or a later list.
   */
  async noteAnswer(key: string, answer: Promise<T>): Promise<void> {
    const write = { isOvertaken: false };
    this.#underway.set(key, write);
    try {
      const written = await answer;
      const isNews = isOlder({ resourceVersion: this.#listedAt }, written);
      if (isNews && !write.isOvertaken) this.#written.set(key, written);
    } finally {
      if (this.#underway.get(key) === write) this.#underway.delete(key);
    }
  }

  /** To be called when the object was deleted. */
  forget(key: string): void {
    this.#written.delete(key);
    const write = this.#underway.get(key);
    if (write !== undefined) write.isOvertaken = true;
  }

  /** To be called when all of the namespace was deleted. */
  forgetNamespace(namespace: string): void {
    for (const key of [...this.#written.keys(), ...this.#underway.keys()]) {
      if (key.startsWith(`${namespace}/`)) this.forget(key);
    }
  }

  /**
   * To be called when everything there was in that version is known: what was written before needs nobody to
   * stand in for it, and one that the list does not show is gone without a `deleted`. Gives the keys of those
   * that this may be news of.
   */
  listed(resourceVersion: string): string[] {
    this.#listedAt = resourceVersion;
    const known = [...this.#written].filter(([, written]) => !isOlder({ resourceVersion }, written));
    for (const [key] of known) this.#written.delete(key);
    return [...known.map(([key]) => key), ...this.#underway.keys()];
  }

  /** The newer of what was written and what the watch has shown. */
  latest(key: string, observed: T | undefined): T | undefined {
    const written = this.#written.get(key);
    if (written === undefined) return observed;
    if (observed === undefined || isOlder(observed, written)) return written;
    this.#written.delete(key);
    return observed;
  }
}

/** Resource versions of one resource may be compared as numbers (KEP-5504); etcd has always counted them so. */
function isOlder(one: Versioned, other: Versioned): boolean {
  return BigInt(one.resourceVersion) < BigInt(other.resourceVersion);
}
