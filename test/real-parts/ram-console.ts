import { permissionPolicySchema, trustPolicySchema } from '../../sandbox/world/policy-document.ts';
import type { Account, OidcProvider, Role } from '../../sandbox/world/account.ts';

/** What somebody does at RAM's console, on a copy of what RAM knows. */
export class RamConsole {
  readonly accounts: readonly Account[];

  constructor(accounts: readonly Account[]) {
    this.accounts = structuredClone(accounts);
  }

  /** Throws where there is none of this name. */
  role(name: string, uid?: string): Role {
    const candidates = uid === undefined ? this.accounts : [this.account(uid)];
    return found(
      name,
      candidates.flatMap(({ roles }) => roles).find((role) => role.name === name),
    );
  }

  /** Throws where the account has none of this name. */
  provider(name: string, uid: string): OidcProvider {
    return found(
      name,
      this.account(uid).oidcProviders.find((provider) => provider.name === name),
    );
  }

  account(uid: string): Account {
    return found(
      uid,
      this.accounts.find((account) => account.uid === uid),
    );
  }

  /** Adds a statement to the trust policy of a role. */
  trust(uid: string, roleName: string, statement: unknown): void {
    const role = this.role(roleName, uid);
    const before = role.trustPolicy?.Statement ?? [];
    role.trustPolicy = trustPolicySchema.parse({ Version: '1', Statement: [...before, statement] });
  }

  /** Gives a role one more policy, of this statement. */
  permit(uid: string, roleName: string, statement: unknown): void {
    const name = `Added${Object.keys(this.account(uid).policies).length}`;
    this.account(uid).policies[name] = permissionPolicySchema.parse({
      Version: '1',
      Statement: [statement],
    });
    this.role(roleName, uid).policies.push(name);
  }
}

function found<T>(name: string, value: T | undefined): T {
  if (value === undefined) throw new Error(`RAM has no ${name}`);
  return value;
}
