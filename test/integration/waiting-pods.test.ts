import {
  AppsV1Api,
  KubeConfig,
  PatchStrategy,
  RbacAuthorizationV1Api,
  setHeaderOptions,
  type V1ObjectMeta,
  type V1Pod,
  type V1PodSpec,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiCaller } from '../real-parts/api-caller.ts';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { enterpriseEntry, enterpriseImage, startStage, type Stage } from '../real-parts/stage.ts';
import { waitUntil } from '../real-parts/wait-until.ts';
import { whyTooOld } from '../real-parts/served-admission.ts';

const namespace = 'team-a';
const account = 'aliyun-acr-credential-helper';
const mergePatch = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
const job = { apiVersion: 'batch/v1', kind: 'Job', name: 'report', uid: 'of-a-job', controller: true };

function specWith(more: Partial<V1PodSpec> = {}): V1PodSpec {
  return { containers: [{ name: 'main', image: enterpriseImage }], ...more };
}

describe('Pods that were there before the attachment', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await startStage({ timeScale: 1 });
    await stage.kubectl.createNamespace(namespace);
    await waitUntil({ what: 'Pods can be created', withinMs: 30_000 }, () =>
      stage.kubectl.pullSecretsOf(namespace),
    );
    // Their Pods get a copy of that list.
    const body = { imagePullSecrets: [{ name: 'theirs' }] };
    await stage.kubectl.api.patchNamespacedServiceAccount({ namespace, name: 'default', body }, mergePatch);
    await createReplicaSet('app', 3);
    await createPod('bare', {});
    await createPod('of-a-job', { ownerReferences: [job] });
    await createPod('with-own', {}, specWith({ imagePullSecrets: [{ name: 'own' }] }));
    const elsewhere = [{ name: 'main', image: 'registry.example.com/app' }];
    await createPod('of-another-registry', {}, specWith({ containers: elsewhere }));
    await waitUntil({ what: 'the ReplicaSet has its Pods', withinMs: 30_000 }, async () => {
      return (await podsNamed('app-')).length === 3;
    });
    for (const pod of await podsNamed('')) await refuseImage(pod);
    await stage.kubectl.configure({ 'acr-registry-info': enterpriseEntry, 'watch-namespace': 'team-*' });
  });

  afterAll(() => stage?.stop());

  async function createReplicaSet(name: string, replicas: number): Promise<void> {
    const labels = { app: name };
    const body = {
      metadata: { name },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: specWith() },
      },
    };
    await stage.controlPlane.kubeConfig
      .makeApiClient(AppsV1Api)
      .createNamespacedReplicaSet({ namespace, body });
  }

  async function createPod(name: string, more: Pick<V1ObjectMeta, 'ownerReferences'>, spec = specWith()) {
    const { ownerReferences = [] } = more;
    const body = { metadata: { name, ownerReferences }, spec };
    await stage.kubectl.api.createNamespacedPod({ namespace, body });
  }

  async function podsNamed(prefix: string): Promise<V1Pod[]> {
    const { items } = await stage.kubectl.api.listNamespacedPod({ namespace });
    return items.filter(({ metadata }) => metadata?.name?.startsWith(prefix));
  }

  /** As a kubelet reports it. */
  async function refuseImage({ metadata, spec }: V1Pod): Promise<void> {
    const containerStatuses = spec?.containers.map(({ name, image }) => {
      const state = { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image' } };
      return { name, image, imageID: '', ready: false, restartCount: 0, state };
    });
    const body = { status: { phase: 'Pending', containerStatuses } };
    await stage.kubectl.api.patchNamespacedPodStatus(
      { namespace, name: metadata?.name ?? '', body },
      mergePatch,
    );
  }

  /** What the Events say, by the Pod's name. */
  async function told(): Promise<ReadonlyMap<string, string>> {
    const fieldSelector = 'reason=PodCannotPull';
    const { items } = await stage.kubectl.api.listNamespacedEvent({ namespace, fieldSelector });
    return new Map(items.map(({ involvedObject, message = '' }) => [involvedObject.name ?? '', message]));
  }

  async function waitingInStatus(): Promise<string | undefined> {
    const status = { namespace: 'kube-system', name: 'acr-scope-in-force' };
    return (await stage.kubectl.api.readNamespacedConfigMap(status)).data?.['waiting-pods'];
  }

  async function allowDeletes(): Promise<void> {
    const rbac = stage.controlPlane.kubeConfig.makeApiClient(RbacAuthorizationV1Api);
    const metadata = { name: `${account}-restarts` };
    const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['delete'] }];
    await rbac.createClusterRole({ body: { metadata, rules } });
    await rbac.createClusterRoleBinding({
      body: {
        metadata,
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: metadata.name },
        subjects: [{ kind: 'ServiceAccount', name: account, namespace: 'kube-system' }],
      },
    });
  }

  it('are named in Events and in the status, with what to do', async () => {
    const replicas = (await podsNamed('app-')).map(({ metadata }) => metadata?.name ?? '');
    const addOn = await stage.startReplica();
    const notes = await waitUntil({ what: 'all of them are named', withinMs: 60_000 }, async () => {
      const found = await told();
      return found.size === 6 && found;
    });
    expect([...notes.keys()].toSorted()).toEqual([...replicas, 'bare', 'of-a-job', 'with-own'].toSorted());
    expect(notes.get(replicas[0] ?? '')).toContain('was created before the service account default had');
    expect(notes.get(replicas[0] ?? '')).toContain('Delete it');
    expect(notes.get('bare')).toContain('delete it and create it again');
    expect(notes.get('of-a-job')).toContain('as a failure');
    expect(notes.get('with-own')).toContain('has imagePullSecrets of its own');
    await waitUntil({ what: 'the status names them', withinMs: 15_000 }, async () =>
      (await waitingInStatus())?.includes(`${namespace}/bare, ${namespace}/of-a-job, ${namespace}/with-own`),
    );
    expect((await podsNamed('')).length).toBe(7);
    await addOn.stop();
  }, 180_000);

  it('come back attached where that is wanted and somebody makes them anew, and the others stay', async () => {
    const former = (await podsNamed('app-')).map(({ metadata }) => metadata?.uid);
    const others = ['bare', 'of-a-job', 'with-own', 'of-another-registry'];
    await allowDeletes();
    await stage.startReplica('--waiting-pods=restart');
    const renewed = await waitUntil({ what: 'they were made anew', withinMs: 60_000 }, async () => {
      const found = await podsNamed('app-');
      return found.length === 3 && found.every(({ metadata }) => !former.includes(metadata?.uid)) && found;
    });
    expect(renewed.map(({ spec }) => spec?.imagePullSecrets)).toEqual(
      renewed.map(() => [{ name: 'theirs' }, { name: pullSecretName }]),
    );
    const left = (await podsNamed('')).map(({ metadata }) => metadata?.name);
    expect(left).toEqual(expect.arrayContaining(others));
    await waitUntil({ what: 'the status no longer names them', withinMs: 60_000 }, async () => {
      const found = await waitingInStatus();
      return found !== undefined && !found.includes('/app-');
    });
  }, 180_000);

  it('are all that whoever holds the add-on’s token may delete', async ({ skip }) => {
    const whyNot = await whyTooOld(stage.controlPlane.kubeConfig);
    skip(whyNot !== undefined, whyNot);
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(await stage.controlPlane.addOnKubeConfig());
    const thief = new ApiCaller(kubeConfig);
    const remove = async (name: string) =>
      (await thief.call({ method: 'DELETE', path: `/api/v1/namespaces/${namespace}/pods/${name}` })).text;
    const [renewed] = await podsNamed('app-');
    expect(await remove(renewed?.metadata?.name ?? '')).toContain('that wait for an image');
    if (renewed !== undefined) await refuseImage(renewed);
    expect(await remove(renewed?.metadata?.name ?? '')).toContain('that have the pull secret');
    for (const name of ['bare', 'of-a-job', 'with-own']) {
      expect(await remove(name)).toContain('that a controller makes anew');
    }
    await thief.close();
  });
});
