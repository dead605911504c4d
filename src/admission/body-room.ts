/** What the requests that are being answered may hold in memory, all together. */
export interface BodyRoomLimits {
  readonly bodies: number;
  readonly bytes: number;
}

/** Of one request. */
export interface BodyPlace {
  /** False where there is no room for so much more. */
  take(bytes: number): boolean;
  /** Gives back what it took; once. */
  leave(): void;
}

/** Anybody in the cluster may send to the webhook, and the process that answers also keeps the logins fresh. */
export class BodyRoom {
  readonly #limits: BodyRoomLimits;
  #bodies = 0;
  #bytes = 0;

  constructor(limits: BodyRoomLimits) {
    this.#limits = limits;
  }

  /** Undefined where there is no room for another. */
  enter(): BodyPlace | undefined {
    if (this.#bodies >= this.#limits.bodies) return undefined;
    this.#bodies += 1;
    let taken = 0;
    return {
      take: (bytes) => {
        if (this.#bytes + bytes > this.#limits.bytes) return false;
        this.#bytes += bytes;
        taken += bytes;
        return true;
      },
      leave: () => {
        this.#bodies -= 1;
        this.#bytes -= taken;
      },
    };
  }
}
