import assert from 'node:assert/strict';
import { trustPolicySchema } from '../sandbox/world/policy-document.ts';
import type { Role } from '../sandbox/world/account.ts';
import { enableRrsa, oidcProviderArn, roles } from '../test/real-parts/rrsa.ts';
import { enterpriseEntry, enterpriseImage, type Stage } from '../test/real-parts/stage.ts';
import { waitUntil } from '../test/real-parts/wait-until.ts';
import type { Story } from './story.ts';

const repositoryOwnersRole = 'test-rrsa-acr';
const wrongRole = 'acs:ram::2000000000000002:role/demo-role-for-rsa';
const entry =
  enterpriseEntry +
  `  rrsaRoleARN: ${roles.cluster}\n` +
  `  rrsaOIDCProviderRoleARN: ${oidcProviderArn}\n` +
  `  assumeRoleARN: ${roles.repositoryOwner}\n`;
const configuration = { 'acr-registry-info': entry, rrsa: 'enable: true', 'watch-namespace': 'team-a' };

/**
 * A cluster of one account pulls from an instance of another by RRSA, after a mistake in a trust policy was explained
 * and mended. Wants a stage with the cross-account world. Throws where something is not so.
 */
export async function tellCrossAccount(stage: Stage, story: Story): Promise<void> {
  const { cloud, controlPlane, kubectl } = stage;
  await Promise.all([cloud.publish(enterpriseImage), kubectl.createNamespace('team-a')]);
  await enableRrsa(cloud, controlPlane.address);
  story.note('the cluster’s issuer is registered with RAM of account 2000000000000002 (the cluster’s owner)');
  story.note(`${enterpriseImage} belongs to account 1000000000000001`);
  await changeTrust(stage, (text) => text.replace(roles.cluster, wrongRole));
  story.note(`somebody mistyped the trust policy of its role ${repositoryOwnersRole}:`);
  story.note(`  "RAM": ["${wrongRole}"]`);
  await stage.startReplica();
  for (const line of entry.trimEnd().split('\n')) story.note(line);
  await kubectl.configure(configuration);

  story.command('kubectl -n kube-system get events --field-selector reason=LoginNotMinted');
  const explanation = await waitUntil(
    { what: 'an Event tells why there is no login', withinMs: 20_000 },
    () => refusalOf(stage),
  );
  story.quote(explanation);
  assert.equal(await loginOf(stage), undefined, 'nothing else was used instead');
  story.proof('nothing was used instead: team-a has no login, though the node has a role');

  story.chapter('The trust policy is mended with the statement that was printed');
  const printed = /Add to that trust policy: (?<statement>\{.*?\})\.(?: |$)/.exec(explanation)?.groups?.[
    'statement'
  ];
  assert.ok(printed, 'the explanation prints a statement');
  const mendedAt = performance.now();
  await changeTrust(stage, (text) => {
    const policy = JSON.parse(text) as { Statement: unknown[] };
    return JSON.stringify({ ...policy, Statement: [...policy.Statement, JSON.parse(printed)] });
  });
  const config = await waitUntil({ what: 'team-a has its login', withinMs: 40_000 }, () => loginOf(stage));
  story.proof('team-a has its login', `${Math.round(performance.now() - mendedAt)} ms, and no restart`);
  story.command(`crane pull ${enterpriseImage}`);
  assert.equal((await cloud.pull(enterpriseImage, config)).kind, 'pulled');
  story.proof('pulled from the other account');
}

/** The docker configuration of team-a, once a login is in it: until then the Secret is there and empty. */
async function loginOf({ kubectl }: Stage): Promise<string | undefined> {
  const config = await kubectl.dockerConfig('team-a');
  return config?.includes('"auth"') ? config : undefined;
}

async function refusalOf({ kubectl }: Stage): Promise<string | undefined> {
  const { items } = await kubectl.api.listNamespacedEvent({
    namespace: 'kube-system',
    fieldSelector: 'reason=LoginNotMinted',
  });
  return items[0]?.message;
}

/** At RAM's console: the trust policy of the repository owner's role, as JSON. */
async function changeTrust({ cloud }: Stage, change: (policy: string) => string): Promise<void> {
  const accounts = await cloud.accounts();
  const changed = (role: Role): Role =>
    role.name === repositoryOwnersRole
      ? {
          ...role,
          trustPolicy: trustPolicySchema.parse(JSON.parse(change(JSON.stringify(role.trustPolicy)))),
        }
      : role;
  await cloud.replaceAccounts(
    accounts.map((account) => ({ ...account, roles: account.roles.map((role) => changed(role)) })),
  );
}
