import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RbacAuthorizationV1Api } from '@kubernetes/client-node';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Account, Role } from '../../sandbox/world/account.ts';
import { startAddOn, type AddOn } from '../real-parts/add-on.ts';
import { makeDirectory, removeDirectory } from '../real-parts/guardian.ts';
import { RamConsole } from '../real-parts/ram-console.ts';
import { awaitNotMinted as awaitEventNotMinted } from '../real-parts/not-minted.ts';
import {
  assumeOwnersRole,
  byRrsa,
  chainEntry,
  crossAccountWorld,
  enableRrsa,
  oidcProviderArn,
  roles,
} from '../real-parts/rrsa.ts';
import {
  enterpriseEntry,
  enterpriseImage,
  personalEntry,
  startStage,
  type Stage,
} from '../real-parts/stage.ts';
import { noControlOfCluster } from '../real-parts/users-cluster.ts';
import { waitUntil } from '../real-parts/wait-until.ts';
import { configurationOnThePage, setUpAsThePageSays } from './rrsa-page.ts';

const rrsaOn = { rrsa: 'enable: true', 'watch-namespace': 'team-a' };
/** Of the cluster's own account; that of `enterpriseEntry` belongs to the other. */
const ownEntry = '- instanceId: cri-sandbox00000002\n  regionId: cn-hangzhou\n';
const ownImage = 'cluster-registry.cn-hangzhou.cr.aliyuncs.com/team/own:1';
const ownPersonalImage = 'registry.cn-hangzhou.aliyuncs.com/cluster-personal/app:1';
const ownPublisher = 'own-publisher';
const nodeRoleName = 'KubernetesWorkerRole';
const mintActions = ['GetAuthorizationToken', 'GET /tokens'];
/** A failed attempt is repeated after a minute at most. */
const healing = 90_000;

const annotation = (name: string) => `acr-credential-helper/${name}`;

/** When each login of a namespace ends, by its instance's key. */
async function expiries(stage: Stage, namespace = 'team-a'): Promise<ReadonlyMap<string, number>> {
  const annotations = (await stage.kubectl.pullSecret(namespace))?.metadata?.annotations ?? {};
  const keys = (annotations[annotation('instances')] ?? '').split(',').filter((key) => key !== '');
  const ends = (annotations[annotation('expires-at')] ?? '').split(',');
  return new Map(keys.map((key, index) => [key, Date.parse(ends[index] ?? '')]));
}

async function awaitLogins(stage: Stage, keys: readonly string[], withinMs = healing): Promise<void> {
  await waitUntil({ what: `team-a has the logins of ${keys.join(' and ')}`, withinMs }, async () => {
    const found = [...(await expiries(stage)).keys()];
    return found.length === keys.length && keys.every((key) => found.includes(key));
  });
}

/** An Event beside the ConfigMap of which somebody reads why there is no login. */
function awaitNotMinted({ kubectl }: Stage, text: string): Promise<string> {
  return awaitEventNotMinted(kubectl, text, healing);
}

/** The roles whose sessions were given logins since the last `forget`. */
async function minters(stage: Stage): Promise<readonly string[]> {
  const { recent } = await stage.cloud.calls();
  const names = recent
    .filter(({ action, outcome }) => mintActions.includes(action) && outcome === 'ok')
    .flatMap(({ caller }) => /assumed-role\/(.*)\//.exec(caller ?? '')?.[1] ?? []);
  return [...new Set(names)].toSorted();
}

async function awaitMinter(stage: Stage, role: string): Promise<void> {
  await waitUntil({ what: `a login for ${role}`, withinMs: healing }, async () =>
    (await minters(stage)).includes(role),
  );
}

async function forget(stage: Stage): Promise<void> {
  const answer = await fetch(new URL('/reset-counts', stage.cloud.controlUrl), { method: 'POST' });
  expect(answer.ok).toBe(true);
}

async function changeRole(stage: Stage, name: string, change: (role: Role) => Partial<Role>): Promise<void> {
  const ram = new RamConsole(await stage.cloud.accounts());
  const role = ram.role(name);
  Object.assign(role, change(role));
  await stage.cloud.replaceAccounts(ram.accounts);
}

const whySkipped = noControlOfCluster === undefined ? '' : ` (skipped: ${noControlOfCluster})`;

type TrustPolicy = NonNullable<Role['trustPolicy']>;

function trustWith(role: Role, from: string, to: string): { trustPolicy: TrustPolicy } {
  return { trustPolicy: JSON.parse(JSON.stringify(role.trustPolicy).replaceAll(from, to)) as TrustPolicy };
}

const mayAssume = ({ policies }: Role) => ({ policies: [...policies, 'AliyunSTSAssumeRoleAccess'] });

describe.skipIf(noControlOfCluster !== undefined)(
  `RRSA, with tokens of a real API server${whySkipped}`,
  () => {
    let stage: Stage;
    let addOn: AddOn;
    let asTheConsoleMakesThem: readonly Account[];

    let directory: string;
    let tokenFile: string;

    beforeAll(async () => {
      directory = await makeDirectory('acr-projected-token-');
      tokenFile = join(directory, 'token');
      stage = await startStage({
        timeScale: 1,
        worldFile: crossAccountWorld,
        environment: {
          ALIBABA_CLOUD_ROLE_ARN: roles.ownImages,
          ALIBABA_CLOUD_OIDC_PROVIDER_ARN: oidcProviderArn,
        },
      });
      await enableRrsa(stage.cloud, stage.controlPlane.address);
      asTheConsoleMakesThem = await stage.cloud.accounts();
      await Promise.all([
        stage.cloud.publish(enterpriseImage),
        stage.cloud.publish(ownImage, ownPublisher),
        stage.cloud.publish(ownPersonalImage, ownPublisher),
        stage.kubectl.createNamespace('team-a'),
      ]);
      addOn = await stage.startReplica();
    });

    beforeEach(async () => {
      await stage.cloud.replaceAccounts(asTheConsoleMakesThem);
      await forget(stage);
    });

    afterAll(async () => {
      await addOn?.kill();
      await stage?.stop();
      await removeDirectory(directory);
    });

    /** Another replica in the place of the last one, with other variables. */
    async function replaceBy(environment: Record<string, string>): Promise<AddOn> {
      await addOn.stop();
      const { kubeConfigFile } = addOn;
      return await startAddOn({ kubeConfigFile, cloud: stage.cloud, environment });
    }

    it('serves another account by the chain, the own one by RRSA alone, and Personal Edition by the node’s role', async () => {
      await stage.kubectl.configure({
        ...rrsaOn,
        'acr-registry-info': chainEntry + ownEntry + personalEntry,
      });
      await awaitLogins(stage, [
        'cri-sandbox00000001@cn-hangzhou',
        'cri-sandbox00000002@cn-hangzhou',
        'personal@cn-hangzhou',
      ]);
      expect(await minters(stage)).toEqual([nodeRoleName, 'own-images-for-rrsa', 'test-rrsa-acr']);
      // Each login has sessions of its own behind it.
      expect((await stage.cloud.calls()).counts).toMatchObject({
        'sts.AssumeRoleWithOIDC': { ok: 2 },
        'sts.AssumeRole': { ok: 1 },
      });
      const dockerConfig = await stage.kubectl.dockerConfig('team-a');
      for (const image of [enterpriseImage, ownImage, ownPersonalImage]) {
        expect(await stage.cloud.pull(image, dockerConfig)).toMatchObject({ kind: 'pulled' });
      }
    });

    it('works as docs/rrsa.md has it set up, with its policies and its entry as they stand', async () => {
      const issuerUrl = stage.controlPlane.address;
      const ram = new RamConsole(asTheConsoleMakesThem);
      setUpAsThePageSays(ram, issuerUrl);
      await stage.cloud.replaceAccounts(ram.accounts);
      // So that the login of before is not one of this entry.
      await stage.kubectl.configure({ ...rrsaOn, 'acr-registry-info': personalEntry });
      await awaitLogins(stage, ['personal@cn-hangzhou']);
      await stage.kubectl.configure(configurationOnThePage(issuerUrl));
      await awaitLogins(stage, ['cri-sandbox00000001@cn-hangzhou']);
      expect(
        await stage.cloud.pull(enterpriseImage, await stage.kubectl.dockerConfig('team-a')),
      ).toMatchObject({ kind: 'pulled' });
    });

    it('by the roles of an entry that had none before is a login of its own', async () => {
      await stage.kubectl.configure({ ...rrsaOn, 'acr-registry-info': ownEntry + byRrsa(roles.ownImages) });
      await awaitMinter(stage, 'own-images-for-rrsa');
      expect(await minters(stage)).toEqual(['own-images-for-rrsa']);
    });

    it('with only a role to assume goes from the Pod’s role to that one', async () => {
      await changeRole(stage, 'own-images-for-rrsa', mayAssume);
      await changeRole(stage, 'test-rrsa-acr', (role) => trustWith(role, roles.cluster, roles.ownImages));
      await stage.kubectl.configure({ ...rrsaOn, 'acr-registry-info': enterpriseEntry + assumeOwnersRole });
      await awaitMinter(stage, 'test-rrsa-acr');
      const { recent } = await stage.cloud.calls();
      const [assumed] = recent.filter(({ action, outcome }) => action === 'AssumeRole' && outcome === 'ok');
      expect(assumed?.caller).toContain(':assumed-role/own-images-for-rrsa/acr-credential-helper@');
    });

    it('off, lets the node’s role assume the owner’s', async () => {
      await changeRole(stage, nodeRoleName, mayAssume);
      const nodeRole = `acs:ram::2000000000000002:role/${nodeRoleName}`;
      await changeRole(stage, 'test-rrsa-acr', (role) => trustWith(role, roles.cluster, nodeRole));
      await stage.kubectl.configure({
        'watch-namespace': 'team-a',
        'acr-registry-info': enterpriseEntry + assumeOwnersRole,
      });
      await awaitMinter(stage, 'test-rrsa-acr');
      expect((await stage.cloud.calls()).counts).not.toHaveProperty('sts.AssumeRoleWithOIDC');
    });

    it('gives a session of expireDuration, where the role allows it, and the login ends with it', async () => {
      const twoHours = { ...rrsaOn, 'acr-registry-info': `${chainEntry}  expireDuration: 7200\n` };
      await stage.kubectl.configure(twoHours);
      await awaitNotMinted(stage, 'DurationSeconds');
      expect(await minters(stage)).toEqual([]);
      await changeRole(stage, 'test-rrsa-acr', () => ({ maxSessionDurationSeconds: 7_200 }));
      const changedAtMs = Date.now();
      await awaitMinter(stage, 'test-rrsa-acr');
      const endsAtMs = await waitUntil({ what: 'a login of two hours', withinMs: healing }, async () => {
        const found = (await expiries(stage)).get('cri-sandbox00000001@cn-hangzhou') ?? 0;
        return found > changedAtMs + 3_700_000 && found;
      });
      expect(endsAtMs).toBeGreaterThanOrEqual(changedAtMs + 7_200_000);
      // The cloud tells the end in whole seconds.
      expect(endsAtMs).toBeLessThanOrEqual(Date.now() + 7_201_000);
    });

    it('fails where it fails, though the node’s role would have worked, and works where that is chosen', async () => {
      await changeRole(stage, 'own-images-for-rrsa', (role) => trustWith(role, 'kube-system', 'default'));
      await stage.kubectl.configure({ ...rrsaOn, 'acr-registry-info': ownEntry });
      await awaitNotMinted(stage, 'cri-sandbox00000002');
      await waitUntil({ what: 'a second attempt', withinMs: healing }, async () => {
        const { counts } = await stage.cloud.calls();
        return (counts['sts.AssumeRoleWithOIDC']?.['AuthenticationFail.NoPermission'] ?? 0) > 1;
      });
      expect(await minters(stage)).toEqual([]);
      const { recent } = await stage.cloud.calls();
      expect(recent.filter(({ service }) => service === 'metadata')).toEqual([]);

      await stage.kubectl.configure({ 'watch-namespace': 'team-a', 'acr-registry-info': ownEntry });
      await awaitMinter(stage, nodeRoleName);
    });

    it('that may not ask for a token prints the rule to add, and works once it is there', async () => {
      const rights = stage.controlPlane.kubeConfig.makeApiClient(RbacAuthorizationV1Api);
      const role = { namespace: 'kube-system', name: 'aliyun-acr-credential-helper' };
      const { rules = [] } = await rights.readNamespacedRole(role);
      const withoutTokens = rules.filter(({ resources }) => resources?.[0] !== 'serviceaccounts/token');
      await rights.replaceNamespacedRole({ ...role, body: { metadata: role, rules: withoutTokens } });
      await stage.kubectl.configure({ ...rrsaOn, 'acr-registry-info': ownEntry });
      await awaitNotMinted(
        stage,
        'resources: [serviceaccounts/token], resourceNames: [aliyun-acr-credential-helper]',
      );
      expect(await minters(stage)).toEqual([]);
      await rights.replaceNamespacedRole({ ...role, body: { metadata: role, rules } });
      await awaitMinter(stage, 'own-images-for-rrsa');
    });

    it('of a Pod that gets another role asks anew by that one', async () => {
      await changeRole(stage, 'demo-role-for-rrsa', ({ policies }) => ({
        policies: [...policies, 'AliyunACRBasicAccess'],
      }));
      await stage.kubectl.configure({ ...rrsaOn, 'acr-registry-info': ownEntry });
      await awaitLogins(stage, ['cri-sandbox00000002@cn-hangzhou']);
      addOn = await replaceBy({
        ALIBABA_CLOUD_ROLE_ARN: roles.cluster,
        ALIBABA_CLOUD_OIDC_PROVIDER_ARN: oidcProviderArn,
      });
      await awaitMinter(stage, 'demo-role-for-rrsa');
      expect(addOn.hasEnded()).toBe(false);
    });

    it('takes a projected token, reads it anew each time, and asks for no other where that is broken', async () => {
      writeFileSync(tokenFile, 'a.broken.token');
      addOn = await replaceBy({ ALIBABA_CLOUD_OIDC_TOKEN_FILE: tokenFile });
      const ofEntry = { ...rrsaOn, 'acr-registry-info': ownEntry + byRrsa(roles.ownImages) };
      await stage.kubectl.configure(ofEntry);
      await awaitNotMinted(stage, 'AuthenticationFail.OIDCToken.Invalid');
      expect(await minters(stage)).toEqual([]);
      const account = { namespace: 'kube-system', name: 'aliyun-acr-credential-helper' };
      writeFileSync(tokenFile, await stage.kubectl.tokenOf(account, 'sts.aliyuncs.com'));
      await awaitMinter(stage, 'own-images-for-rrsa');

      await stage.kubectl.configure({ ...rrsaOn, 'acr-registry-info': ownEntry });
      await awaitNotMinted(
        stage,
        'the entry leaves its RRSA role to the Pod’s variables, and they name none',
      );
    });
  },
);

describe.skipIf(noControlOfCluster !== undefined)(`RRSA that is enabled late${whySkipped}`, () => {
  let stage: Stage;
  let addOn: AddOn;

  beforeAll(async () => {
    stage = await startStage({
      timeScale: 1,
      worldFile: crossAccountWorld,
      issuer: 'https://issuer.example/nobody-knows-it',
    });
    await Promise.all([stage.cloud.publish(enterpriseImage), stage.kubectl.createNamespace('team-a')]);
    addOn = await stage.startReplica();
  });

  afterAll(() => stage?.stop());

  it('heals by itself, with no restart of the add-on', async () => {
    const afterwards = await stage.cloud.accounts();
    await stage.cloud.replaceAccounts(afterwards.map((account) => ({ ...account, oidcProviders: [] })));
    await stage.kubectl.configure({ ...rrsaOn, 'acr-registry-info': chainEntry });
    await awaitNotMinted(stage, 'AssumeRoleWithOIDC');

    await stage.controlPlane.restartApiServer({ issuer: stage.controlPlane.address });
    await stage.cloud.replaceAccounts(afterwards);
    await enableRrsa(stage.cloud, stage.controlPlane.address);
    await awaitLogins(stage, ['cri-sandbox00000001@cn-hangzhou']);
    await stage.kubectl.awaitAttachment('team-a');
    await waitUntil({ what: 'an Event says that it works again', withinMs: healing }, async () => {
      const fieldSelector = 'reason=LoginMinted,type=Normal';
      const { items } = await stage.kubectl.api.listNamespacedEvent({
        namespace: 'kube-system',
        fieldSelector,
      });
      return items.find(({ message }) => message?.startsWith('cri-sandbox00000001@cn-hangzhou works again'));
    });
    expect(await stage.cloud.pull(enterpriseImage, await stage.kubectl.dockerConfig('team-a'))).toMatchObject(
      {
        kind: 'pulled',
      },
    );
    expect(addOn.hasEnded()).toBe(false);
  });
});
