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

  /**
   * To be called before a write. Gives a function that takes the answer, and ignores it where the object was
   * deleted in the meantime: the watch may show that before the answer arrives.
   */
  begin(key: string): (written: T) => void {
    const write = { isOvertaken: false };
    this.#underway.set(key, write);
    return (written) => {
      this.#underway.delete(key);
      if (!write.isOvertaken) this.#written.set(key, written);
    };
  }

  /** To be called when the object was deleted. */
  forget(key: string): void {
    this.#written.delete(key);
    const write = this.#underway.get(key);
    if (write !== undefined) write.isOvertaken = true;
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
