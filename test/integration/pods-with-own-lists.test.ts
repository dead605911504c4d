import type { CoreV1Api, V1Pod, V1PodSpec } from '@kubernetes/client-node';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { applyObjects, noAdmissionPolicies } from '../real-parts/admission-policy.ts';
import { render } from '../real-parts/helm.ts';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { enterpriseEntry, startStage, type Stage } from '../real-parts/stage.ts';
import { noControlOfCluster } from '../real-parts/users-cluster.ts';
import { waitUntil } from '../real-parts/wait-until.ts';
import { startWebhookStage } from '../real-parts/webhook-stage.ts';
import { whyTooOld } from '../real-parts/served-admission.ts';

const optedOut = { 'acr-credential-helper/ignore': 'true' };
const mine = { name: 'mine' };
const ours = { name: pullSecretName };

const configuration = {
  'acr-registry-info': enterpriseEntry,
  'watch-namespace': 'team-*,!team-out',
  'service-account': 'default,builder,leaving',
};
const chartValues = { podsWithOwnPullSecrets: 'attach' };

/** Starts a stage that has Pods attached in that way, or says why there can be none. */
type Way = () => Promise<{ readonly stage: Stage; readonly whyNot?: string | undefined }>;

const byPolicy: Way = async () => {
  const stage = await startStage({ timeScale: 1 });
  const whyNot = await installPolicies(stage);
  if (whyNot !== undefined) return { stage, whyNot };
  await stage.kubectl.configure(configuration);
  await stage.startReplica();
  return { stage };
};

const byWebhook: Way = async () => {
  const stage = await startWebhookStage({ chartValues });
  // Older ones have no match conditions for webhooks, and would ask about Pods without a list.
  const whyNot = await whyTooOld(stage.controlPlane.kubeConfig);
  if (whyNot !== undefined) return { stage, whyNot };
  await stage.kubectl.configure({ ...configuration, 'webhook-configuration': 'enable: true\n' });
  await stage.startWebhookReplica();
  return { stage };
};

/** As where a ConfigMap that is there already asks for the webhook, and the chart has installed the policies. */
const byBoth: Way = async () => {
  const { stage, whyNot } = await byWebhook();
  return { stage, whyNot: whyNot ?? (await installPolicies(stage)) };
};

/** Or says why there can be none. */
async function installPolicies({ controlPlane: { kubeConfig } }: Stage): Promise<string | undefined> {
  const whyNot = await noAdmissionPolicies(kubeConfig);
  if (whyNot !== undefined) return whyNot;
  const values = { ...chartValues, admission: 'policy' };
  const rendered = await render('helm3', values, ['admissionregistration.k8s.io/v1/MutatingAdmissionPolicy']);
  await applyObjects(
    kubeConfig,
    rendered.filter(({ kind }) => kind?.startsWith('MutatingAdmissionPolicy')),
  );
  return undefined;
}

// Last, what a Pod gets whose account is opted out: a policy knows no more of the account than its name.
describe.skipIf(noControlOfCluster !== undefined).each<[string, Way, readonly object[]]>([
  ['policy', byPolicy, [mine, ours]],
  ['webhook', byWebhook, [mine]],
  ['both', byBoth, [mine, ours]],
])('a Pod with pull secrets of its own, by %s', (_, way, ofOptedOutAccount) => {
  let stage: Stage;
  let api: CoreV1Api;
  let whyNot: string | undefined;

  beforeAll(async () => {
    ({ stage, whyNot } = await way());
    ({ api } = stage.kubectl);
    if (whyNot !== undefined) return;
    for (const name of ['team-a', 'team-out', 'elsewhere']) await stage.kubectl.createNamespace(name);
    await stage.kubectl.awaitAttachment('team-a');
    for (const name of ['builder', 'other'])
      await stage.kubectl.createServiceAccount('team-a', { metadata: { name } });
    await stage.kubectl.awaitAttachment('team-a', 'builder');
    await waitUntil({ what: 'Pods get it', withinMs: 60_000 }, async () =>
      (await listOf('team-a', { imagePullSecrets: [mine] })).some(({ name }) => name === pullSecretName),
    );
  });

  afterAll(() => stage?.stop());
  beforeEach(({ skip }) => skip(whyNot !== undefined, whyNot));

  async function create(
    namespace: string,
    spec: Partial<V1PodSpec>,
    annotations: Readonly<Record<string, string>> = {},
  ): Promise<V1Pod> {
    const containers = [{ name: 'main', image: 'registry.example.com/app' }];
    const body = { metadata: { annotations, generateName: 'app-' }, spec: { containers, ...spec } };
    return await api.createNamespacedPod({ namespace, body });
  }

  async function listOf(...pod: Parameters<typeof create>): Promise<readonly { readonly name?: string }[]> {
    return (await create(...pod)).spec?.imagePullSecrets ?? [];
  }

  it('gets ours too, after its own, once', async () => {
    expect(await listOf('team-a', { imagePullSecrets: [mine, { name: 'a' }] })).toEqual([
      mine,
      { name: 'a' },
      ours,
    ]);
    expect(await listOf('team-a', { imagePullSecrets: [ours, mine] })).toEqual([ours, mine]);
    expect(await listOf('team-a', { imagePullSecrets: [mine], serviceAccountName: 'builder' })).toEqual([
      mine,
      ours,
    ]);
  });

  it('has what its service account has where its list is empty', async () => {
    expect(await listOf('team-a', {})).toEqual([ours]);
    expect(await listOf('team-a', { imagePullSecrets: [] })).toEqual([ours]);
  });

  it.each<[string, Parameters<typeof create>]>([
    ['an account out of scope', ['team-a', { imagePullSecrets: [mine], serviceAccountName: 'other' }]],
    ['a namespace that is excluded', ['team-out', { imagePullSecrets: [mine] }]],
    ['a namespace out of scope', ['elsewhere', { imagePullSecrets: [mine] }]],
    ['an annotation that keeps it away', ['team-a', { imagePullSecrets: [mine] }, optedOut]],
  ])('stays as it is with %s', async (_case, pod) => {
    await waitUntil({ what: 'the account is there', withinMs: 30_000 }, () =>
      stage.kubectl.pullSecretsOf(pod[0]),
    );
    expect(await listOf(...pod)).toEqual([mine]);
  });

  it('where only its account has that annotation, is as the webhook says, if nobody else is asked', async () => {
    const metadata = { name: 'leaving', annotations: optedOut };
    await stage.kubectl.createServiceAccount('team-a', { metadata });
    const pod = { imagePullSecrets: [mine], serviceAccountName: 'leaving' };
    // It is seen there a moment later.
    const seen = { timeout: 30_000, interval: 200 };
    await expect.poll(() => listOf('team-a', pod), seen).toEqual(ofOptedOutAccount);
  });

  it('is created as it was sent where nobody says which scope there is', async () => {
    for (const replica of stage.replicas) await replica.stop();
    await api.deleteNamespacedConfigMap({ namespace: 'kube-system', name: 'acr-scope-in-force' });
    await api.deleteNamespacedSecret({ namespace: 'kube-system', name: 'acr-compiled-scope' });
    const asSent = { timeout: 30_000, interval: 200 };
    await expect.poll(() => listOf('team-a', { imagePullSecrets: [mine] }), asSent).toEqual([mine]);
  });
});
