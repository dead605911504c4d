import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { RegistryLogin } from '../logins/registry-login.ts';
import type { Settings } from '../settings/settings.ts';
import { noHolders, settleLogins, type HostHolders, type Settlement } from '../pull-secrets/settle-logins.ts';

export interface SettledLoginsParts {
  readonly logger: Logger;
  /** Called when other hosts are held than before, or by others. */
  readonly onChange: () => void;
  /** Called after logins were settled of which some cannot be served. */
  readonly onTrouble: (trouble: Troubles) => void;
}

export type Troubles = Pick<Settlement, 'contests' | 'leftOut'>;

/** The part of the settings that counts. */
type Served = Pick<Settings, 'instances' | 'notifyEmail'>;

interface Settled extends Settlement {
  readonly claims: readonly RegistryLogin[];
  readonly settings: Served;
}

/** The logins for the pull secrets, settled anew when one of them is; says what could not be served. */
export class SettledLogins {
  readonly #parts: SettledLoginsParts;
  #holders: HostHolders = noHolders;
  #settled: Settled | undefined;

  constructor(parts: SettledLoginsParts) {
    this.#parts = parts;
  }

  /** Starts from what was settled elsewhere: by a former program, or a former leader. */
  restore(holders: HostHolders): void {
    this.#holders = holders;
    this.#settled = undefined;
  }

  /** An entry has another key now, and its login with it. */
  passOn(formerKey: string, key: string): void {
    const held = (by: string) => (by === formerKey ? key : by);
    this.#holders = new Map([...this.#holders].map(([host, by]) => [host, held(by)]));
    this.#settled = undefined;
    this.#parts.onChange();
  }

  get holders(): HostHolders {
    return this.#holders;
  }

  /** What cannot be served as things are. */
  get troubles(): Troubles {
    return this.#settled ?? { contests: [], leftOut: [] };
  }

  /** Asked for each namespace, so nothing is done while both are the same as before. */
  logins(claims: readonly RegistryLogin[], settings: Served): readonly RegistryLogin[] {
    if (this.#settled !== undefined && isSettled(this.#settled, claims, settings))
      return this.#settled.logins;
    const keys = new Set(settings.instances.map(({ key }) => key));
    const former = new Map([...this.#holders].filter(([, instanceKey]) => keys.has(instanceKey)));
    const settlement = settleLogins(claims, settings.notifyEmail, former);
    this.#settled = { ...settlement, claims, settings };
    const isChanged = !isDeepStrictEqual(settlement.holders, this.#holders);
    this.#holders = settlement.holders;
    if (isChanged) this.#parts.onChange();
    this.#tell(settlement);
    return settlement.logins;
  }

  #tell({ contests, leftOut }: Settlement): void {
    const { logger, onTrouble } = this.#parts;
    for (const contest of contests) logger.error(contest, 'several instances claim the same hosts');
    for (const instance of leftOut) logger.error(instance, 'no room in a Secret for hosts of an instance');
    if (contests.length + leftOut.length > 0) onTrouble({ contests, leftOut });
  }
}

function isSettled(settled: Settled, claims: readonly RegistryLogin[], settings: Served): boolean {
  return (
    settled.settings === settings &&
    settled.claims.length === claims.length &&
    settled.claims.every((login, index) => login === claims[index])
  );
}
