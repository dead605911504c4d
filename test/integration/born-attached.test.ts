import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { noAdmissionPolicies, startAdmissionPolicy } from '../real-parts/admission-policy.ts';
import { ApiCaller } from '../real-parts/api-caller.ts';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { enterpriseEntry, startStage, type Stage } from '../real-parts/stage.ts';
import { noControlOfCluster } from '../real-parts/users-cluster.ts';
import { waitUntil } from '../real-parts/wait-until.ts';
import { firstPodsWithout, numbered } from './first-pods.ts';

const mark = 'acr-credential-helper/attached-by';
/** So many are enough to tell how many miss it. */
const withoutAdmission = 100;

describe.skipIf(noControlOfCluster !== undefined)('with the admission policy, while the add-on runs', () => {
  let stage: Stage;
  let admin: ApiCaller;
  let whyNot: string | undefined;
  let startLog: () => string;

  beforeAll(async () => {
    stage = await startStage({ timeScale: 1 });
    admin = new ApiCaller(stage.controlPlane.kubeConfig);
    whyNot = await noAdmissionPolicies(stage.controlPlane.kubeConfig);
    if (whyNot !== undefined) return;
    await configure('without-*', '*');
    const addOn = await stage.startReplica('--admission=policy');
    startLog = addOn.output;
    await awaitScope('without-*');
    const without = await firstPodsWithout(cluster(), numbered('without', withoutAdmission));
    process.stdout.write(
      `without admission ${without.length} first Pods in ${withoutAdmission} had no pull secret\n`,
    );
    await startAdmissionPolicy(stage.controlPlane.kubeConfig, 'without-0');
  }, 300_000);

  afterAll(async () => {
    await admin?.close();
    await stage?.stop();
  });
  beforeEach(({ skip }) => skip(whyNot !== undefined, whyNot));

  async function configure(namespaces: string, accounts: string): Promise<void> {
    await stage.kubectl.configure({
      'acr-registry-info': enterpriseEntry,
      'watch-namespace': namespaces,
      'service-account': accounts,
    });
  }

  const cluster = () => ({ kubectl: stage.kubectl, admin });

  async function awaitScope(namespaces: string): Promise<void> {
    await waitUntil({ what: 'the scope is published', withinMs: 60_000 }, async () => {
      const key = { namespace: 'kube-system', name: 'acr-scope-in-force' };
      const { data } = await stage.kubectl.api.readNamespacedConfigMap(key);
      return data?.['watch-namespace'] === namespaces;
    });
  }

  async function mentions(namespace: string): Promise<string | undefined> {
    await stage.kubectl.awaitDockerConfig(namespace);
    const secret = await stage.kubectl.pullSecret(namespace);
    return secret?.metadata?.annotations?.['acr-credential-helper/mentioned-by'];
  }

  async function account(namespace: string, name = 'default') {
    return await stage.kubectl.api.readNamespacedServiceAccount({ namespace, name });
  }

  it('is told in the log at the start, and with the scope in force', async () => {
    expect(startLog()).toMatch(/"admission":"policy","msg":"started"/);
    const key = { namespace: 'kube-system', name: 'acr-scope-in-force' };
    expect(await stage.kubectl.api.readNamespacedConfigMap(key)).toMatchObject({
      data: { admission: 'policy' },
    });
  });

  it(
    'the first Pod has it, 1,000 times in 1,000, from 5 s after a change of scope',
    { timeout: 600_000 },
    async () => {
      await configure('without-*,first-*', '*');
      await delay(5_000);
      expect(await firstPodsWithout(cluster(), numbered('first', 1_000))).toEqual([]);
      const { items } = await stage.kubectl.api.listServiceAccountForAllNamespaces();
      const born = items.filter(({ metadata }) => metadata?.namespace?.startsWith('first-'));
      expect(born).toHaveLength(1_000);
      expect(born.filter(({ metadata }) => metadata?.annotations?.[mark] !== 'admission')).toEqual([]);
    },
  );

  it('the record of whose attachments are whose is as where the controller attached', async () => {
    expect(await mentions('first-0')).toEqual(await mentions('without-0'));
    expect(await mentions('first-999')).toBeUndefined();
  });

  it('what it attached is ours: it goes with the scope, and what the user had stays', async () => {
    await stage.kubectl.createNamespace('later');
    const own = { metadata: { name: 'own' }, imagePullSecrets: [{ name: pullSecretName }] };
    await stage.kubectl.createServiceAccount('later', own);
    await configure('without-*,first-*,later', '*');
    await stage.kubectl.awaitAttachment('later');
    const body = { metadata: { name: 'born' }, imagePullSecrets: [{ name: 'mine' }] };
    await stage.kubectl.createServiceAccount('later', body);
    expect((await account('later', 'born')).imagePullSecrets).toEqual([
      { name: 'mine' },
      { name: pullSecretName },
    ]);
    expect(await mentions('later')).toBe('own');
    await configure('without-*,first-*', '*');
    await waitUntil({ what: 'it is detached', withinMs: 60_000 }, async () => {
      const [born, byUs] = [await account('later', 'born'), await account('later')];
      return born.imagePullSecrets?.length === 1 && byUs.imagePullSecrets === undefined;
    });
    expect((await account('later', 'born')).metadata?.annotations).toBeUndefined();
    expect((await account('later', 'own')).imagePullSecrets).toEqual([{ name: pullSecretName }]);
  });
});
