import type { AccessKeys, SessionCredentials } from '../credentials/access-keys.ts';
import type { Lifetimes } from '../lifetimes.ts';
import type { Machine } from '../world/world.ts';

const lifetimeSeconds = 6 * 3600;
/**
 * How long before their end the metadata service replaces credentials is not documented. Half an hour is late:
 * it makes clients live with credentials whose rest is short.
 */
const replacedBeforeEndSeconds = 1800;

export interface MachineCredentials extends SessionCredentials {
  readonly issuedAtMs: number;
}

/** The machine's current credentials of its RAM role; the same for everybody who asks until they are replaced. */
export class RoleCredentials {
  readonly #accessKeys: AccessKeys;
  readonly #machine: Machine;
  readonly #lifetimes: Lifetimes;
  readonly #nowMs: () => number;
  #current: MachineCredentials | undefined;

  constructor(parts: {
    readonly accessKeys: AccessKeys;
    readonly machine: Machine;
    readonly lifetimes: Lifetimes;
    readonly nowMs: () => number;
  }) {
    this.#accessKeys = parts.accessKeys;
    this.#machine = parts.machine;
    this.#lifetimes = parts.lifetimes;
    this.#nowMs = parts.nowMs;
  }

  /** Throws Error where the machine has no role. */
  current(): MachineCredentials {
    const nowMs = this.#nowMs();
    const replaceFromMs =
      (this.#current?.expiresAtMs ?? 0) - this.#lifetimes.scaledMs(replacedBeforeEndSeconds);
    if (this.#current === undefined || nowMs >= replaceFromMs) this.#current = this.#issue(nowMs);
    return this.#current;
  }

  #issue(nowMs: number): MachineCredentials {
    const { account, roleName, instanceId } = this.#machine;
    if (roleName === undefined) throw new Error('the machine has no RAM role');
    const expiresAtMs = this.#lifetimes.sessionEndMs(nowMs, lifetimeSeconds);
    const issued = this.#accessKeys.issueSession({
      kind: 'role-session',
      account,
      roleName,
      sessionName: instanceId,
      expiresAtMs,
    });
    return { ...issued, issuedAtMs: nowMs };
  }
}
