import { Refusal } from '../gateway/refusal.ts';
import type { Role } from '../world/account.ts';
import { findAccount, type World } from '../world/world.ts';

/** A role as a call names it; whether it exists is another matter. */
export interface NamedRole {
  readonly arn: string;
  readonly account: string;
  readonly name: string;
}

/** Reads `acs:ram::<account>:role/<name>`. Throws Refusal. */
export function namedRole(arn: string): NamedRole {
  const [, account, name] = /^acs:ram::(\d{16}):role\/([\w.@-]{1,64})$/.exec(arn) ?? [];
  if (account === undefined || name === undefined) throw new Refusal('InvalidParameter.RoleArn');
  return { arn, account, name };
}

/** Throws Refusal where there is no such role. */
export function findRole(world: World, { arn, account, name }: NamedRole): Role {
  const role = findAccount(world, account)?.roles.find((one) => one.name === name);
  if (role === undefined) throw new Refusal('EntityNotExist.Role', `The role not exists: ${arn}. `);
  return role;
}
