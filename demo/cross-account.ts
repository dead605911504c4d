import assert from 'node:assert/strict';
import { trustPolicySchema } from '../sandbox/world/policy-document.ts';
import { RamConsole } from '../test/real-parts/ram-console.ts';
import { awaitNotMinted } from '../test/real-parts/not-minted.ts';
import { chainEntry, enableRrsa, roles } from '../test/real-parts/rrsa.ts';
import { enterpriseImage, type Stage } from '../test/real-parts/stage.ts';
import { waitUntil } from '../test/real-parts/wait-until.ts';
import type { Story } from './story.ts';

const repositoryOwner = '1000000000000001';
const repositoryOwnersRole = 'test-rrsa-acr';
const wrongRole = 'acs:ram::2000000000000002:role/demo-role-for-rsa';
const configuration = { 'acr-registry-info': chainEntry, rrsa: 'enable: true', 'watch-namespace': 'team-a' };

/**
 * A cluster of one account pulls from an instance of another by RRSA, after a mistake in a trust policy was explained
 * and mended. Wants a stage with the cross-account world. Throws where something is not so.
 */
export async function tellCrossAccount(stage: Stage, story: Story): Promise<void> {
  const { cloud, controlPlane, kubectl } = stage;
  await Promise.all([cloud.publish(enterpriseImage), kubectl.createNamespace('team-a')]);
  await enableRrsa(cloud, controlPlane.address);
  story.note('the cluster’s issuer is registered with RAM of account 2000000000000002 (the cluster’s owner)');
  story.note(`${enterpriseImage} belongs to account ${repositoryOwner}`);
  await changeRam(stage, mistype);
  story.note(`somebody mistyped the trust policy of its role ${repositoryOwnersRole}:`);
  story.note(`  "RAM": ["${wrongRole}"]`);
  await stage.startReplica();
  for (const line of chainEntry.trimEnd().split('\n')) story.note(line);
  await kubectl.configure(configuration);

  story.command('kubectl -n kube-system get events --field-selector reason=LoginNotMinted');
  const explanation = await awaitNotMinted(kubectl, repositoryOwnersRole, 20_000);
  story.quote(explanation);
  assert.equal(await loginOf(stage), undefined, 'there is no login yet');
  story.proof('team-a has no login as long as that is so');

  story.chapter('The trust policy is mended with the statement that was printed');
  const printed = /Add to that trust policy: (?<statement>\{.*?\})\.(?: |$)/.exec(explanation)?.groups?.[
    'statement'
  ];
  assert.ok(printed, 'the explanation prints a statement');
  const mendedAt = performance.now();
  await changeRam(stage, (ram) => ram.trust(repositoryOwner, repositoryOwnersRole, JSON.parse(printed)));
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

async function changeRam({ cloud }: Stage, change: (ram: RamConsole) => void): Promise<void> {
  const ram = new RamConsole(await cloud.accounts());
  change(ram);
  await cloud.replaceAccounts(ram.accounts);
}

/** As somebody mistypes it. */
function mistype(ram: RamConsole): void {
  const role = ram.role(repositoryOwnersRole);
  const text = JSON.stringify(role.trustPolicy).replace(roles.cluster, wrongRole);
  role.trustPolicy = trustPolicySchema.parse(JSON.parse(text));
}
