import { decideTrust } from '../ram/decide-trust.ts';
import { systemPolicies } from '../ram/system-policies.ts';
import type { Account } from './account.ts';
import type { World } from './world.ts';

const ecsService = 'ecs.aliyuncs.com';

/** What a schema cannot say: names that must exist or be unique. Each text starts with the path it is about. */
export function brokenRules(world: World): readonly string[] {
  return [
    ...duplicates(
      'accounts',
      world.accounts.map((account) => account.uid),
    ),
    ...world.accounts.flatMap((account, index) => brokenAccountRules(account, `accounts.${index}`)),
    ...duplicates('accounts.*.accessKeys', accessKeyIds(world)),
    ...duplicates(
      'instances',
      world.instances.map((one) =>
        // All Personal instances of a region answer at one host name, and a backend stores one instance.
        one.edition === 'enterprise' ? one.id : `the Personal instance of ${one.regionId}`,
      ),
    ),
    ...duplicates('instances', registryNames(world)),
    ...duplicates(
      'instances.*.backend',
      world.instances.map((one) => new URL(one.backend).host),
    ),
    ...unknownAccounts(world),
    ...unusableMachineRole(world),
  ];
}

function accessKeyIds(world: World): readonly string[] {
  return world.accounts
    .flatMap((account) => [...account.rootAccessKeys, ...account.ramUsers.flatMap((user) => user.accessKeys)])
    .map((key) => key.accessKeyId);
}

function registryNames(world: World): readonly string[] {
  return world.instances.flatMap((one) =>
    one.edition === 'enterprise'
      ? [
          `${one.name} in ${one.regionId}`,
          ...one.endpoints.internet.customDomains,
          ...one.endpoints.vpc.customDomains,
        ]
      : [],
  );
}

function brokenAccountRules(account: Account, path: string): readonly string[] {
  return [
    ...unknownPolicies(account, path),
    ...Object.keys(account.policies)
      .filter((name) => systemPolicies.has(name))
      .map((name) => `${path}.policies: ${name} is the name of a policy of the cloud`),
    ...duplicates(
      `${path}.ramUsers`,
      account.ramUsers.map((user) => user.name),
    ),
    ...duplicates(
      `${path}.roles`,
      account.roles.map((role) => role.name),
    ),
    ...duplicates(
      `${path}.oidcProviders`,
      account.oidcProviders.flatMap(({ name, issuerUrl }) => [name, issuerUrl]),
    ),
  ];
}

function unknownPolicies(account: Account, path: string): readonly string[] {
  const holders = [
    ...account.ramUsers.map((user, index) => ({ ...user, at: `${path}.ramUsers.${index}` })),
    ...account.roles.map((role, index) => ({ ...role, at: `${path}.roles.${index}` })),
  ];
  return holders.flatMap(({ at, policies }) =>
    policies
      .filter((name) => !Object.hasOwn(account.policies, name) && !systemPolicies.has(name))
      .map((name) => `${at}.policies: the account has no policy named ${name}`),
  );
}

function unknownAccounts(world: World): readonly string[] {
  const uids = new Set(world.accounts.map((account) => account.uid));
  const places = [
    ...world.instances.map((instance, index) => ({
      at: `instances.${index}.account`,
      uid: instance.account,
    })),
    ...(world.ecs === undefined ? [] : [{ at: 'ecs.account', uid: world.ecs.account }]),
  ];
  return places.filter(({ uid }) => !uids.has(uid)).map(({ at, uid }) => `${at}: there is no account ${uid}`);
}

/**
 * The cloud attaches a role to a machine only where the role trusts ECS. Every real role has a trust policy; one
 * that the world leaves out trusts nobody.
 */
function unusableMachineRole(world: World): readonly string[] {
  const machine = world.ecs;
  if (machine?.roleName === undefined) return [];
  const account = world.accounts.find(({ uid }) => uid === machine.account);
  const role = account?.roles.find(({ name }) => name === machine.roleName);
  if (role === undefined) return [`ecs.roleName: account ${machine.account} has no role ${machine.roleName}`];
  const trust = decideTrust(role.trustPolicy, { kind: 'service', name: ecsService }, {});
  return trust === 'allowed'
    ? []
    : [`ecs.roleName: the trustPolicy of role ${role.name} does not let ${ecsService} assume it`];
}

function duplicates(at: string, names: readonly string[]): readonly string[] {
  const repeated = names.filter((name, index) => names.indexOf(name) !== index);
  return [...new Set(repeated)].map((name) => `${at}: ${name} is there more than once`);
}
