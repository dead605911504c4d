import { afterAll, beforeAll, expect, it } from 'vitest';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { enterpriseImage, personalImage } from '../real-parts/stage.ts';
import { waitUntil } from '../real-parts/wait-until.ts';
import { applyWorkload } from './applied-workload.ts';
import { clusterObjects } from './cluster-objects.ts';
import { describeOnNode } from './describe-on-node.ts';
import { startNodeStage, type NodeStage } from './node-stage.ts';
import { refusedManifests } from './refused-manifests.ts';
import { Release } from './release.ts';
import { startSteadyPods } from './steady-pods.ts';

const values = {
  AcrInstanceInfo: [
    { instanceId: 'cri-sandbox00000001', regionId: 'cn-hangzhou' },
    { instanceId: '', regionId: 'cn-hangzhou' },
  ],
  watchNamespace: ['watched', 'shop', 'applied-*'],
  serviceAccount: 'default,runner',
};
const enterpriseHost = enterpriseImage.slice(0, enterpriseImage.indexOf('/'));
const manifestPath = '/v2/team/app/manifests/1';

describeOnNode('with the add-on as a Deployment from its chart and its image', () => {
  let stage: NodeStage;
  let release: Release;
  let objectsBefore: readonly string[];

  beforeAll(async () => {
    // A session of the node's role, and so a login, lives for 45 s and is renewed at half of that.
    stage = await startNodeStage({ timeScale: 480, withoutAccount: true });
    for (const image of [enterpriseImage, personalImage]) await stage.publishTiny(image);
    for (const name of ['watched', 'unwatched']) await stage.kubectl.createNamespace(name);
    release = new Release(stage);
    await release.prepare();
    objectsBefore = await objects();
    await release.install(values);
    await stage.kubectl.awaitDockerConfig('watched', undefined, 60_000);
    await stage.kubectl.awaitAttachment('watched');
  });

  afterAll(() => stage?.stop());

  /** A Pod that has to pull, since its image was evicted from the node before. */
  async function runAfterEviction(name: string): Promise<void> {
    const pod = { namespace: 'watched', name, images: [enterpriseImage] };
    await stage.node.images.evict(enterpriseImage);
    await stage.pods.run(pod);
    expect(await stage.pods.hasPulled(pod)).toBe(true);
    expect(await stage.pods.failures(pod)).toEqual([]);
    await stage.pods.remove(pod);
  }

  it('1. a Pod without a pull secret gets 401 and ErrImagePull in a namespace that is not watched', async () => {
    const pod = { namespace: 'unwatched', name: 'app', images: [enterpriseImage] };
    await stage.pods.create(pod);
    await stage.pods.awaitWaiting(pod, 'ErrImagePull');
    expect(refusedManifests(stage.cloud.registriesOutput())).toContain(manifestPath);
    expect(await stage.node.images.has(enterpriseImage)).toBe(false);
    // It would go on asking.
    await stage.pods.remove(pod);
  });

  it('1. the same Pod runs in a watched one', async () => {
    const pod = { namespace: 'watched', name: 'app', images: [enterpriseImage] };
    await stage.pods.run(pod);
    expect(await stage.pods.failures(pod)).toEqual([]);
  });

  it('2. applied with its namespace and account, the first Pod of a Deployment runs without a back-off', async ({
    annotate,
  }) => {
    for (const namespace of ['applied-1', 'applied-2', 'applied-3']) {
      const { tookMs, failures, pods } = await applyWorkload(stage, namespace, enterpriseImage);
      await annotate(`time to Running with admission: ${tookMs} ms`);
      expect(failures).toEqual([]);
      expect(pods).toBe(1);
    }
  });

  it('3. three renewals pass, the image is evicted and pulled again after each, and the first login is over', async () => {
    await stage.pods.remove({ namespace: 'watched', name: 'app' });
    const first = await stage.kubectl.awaitDockerConfig('watched');
    let former = await login();
    for (const name of ['renewal-1', 'renewal-2', 'renewal-3']) {
      former = await renewed(former);
      await runAfterEviction(name);
    }
    await expect
      .poll(() => stage.cloud.pull(enterpriseImage, first), { timeout: 60_000 })
      .toMatchObject({ kind: 'refused', status: 401 });
  });

  it('5. a Pod runs images of Personal and Enterprise Edition', async () => {
    const pod = { namespace: 'watched', name: 'both', images: [enterpriseImage, personalImage] };
    await stage.pods.run(pod);
    expect(await stage.node.images.has(personalImage)).toBe(true);
    await stage.pods.remove(pod);
  });

  it('6. the leader’s Pod is deleted in the middle of a renewal, and another one finishes it', async () => {
    const { kubectl, cloud } = stage;
    const former = await renewed(await login());
    const leader = await waitUntil({ what: 'one leads', withinMs: 60_000 }, () => release.leader());
    await cloud.setFault({ service: 'container-registry', kind: 'delay', delayMs: 4000 });
    const before = await metadataCalls();
    await waitUntil(
      { what: 'a renewal has begun', withinMs: 60_000 },
      async () => (await metadataCalls()) > before,
    );
    await kubectl.api.deleteNamespacedPod({ namespace: 'kube-system', name: leader });
    await cloud.clearFaults();
    await renewed(former);
    expect(await release.leader()).not.toBe(leader);
    await runAfterEviction('after-the-leader');
    await release.awaitReady();
  });

  it('7. the API server is restarted, and new namespaces are served as before', async () => {
    await stage.controlPlane.restartApiServer();
    await stage.kubectl.createNamespace('shop');
    await stage.kubectl.awaitDockerConfig('shop', undefined, 60_000);
    await stage.kubectl.awaitAttachment('shop');
    const pod = { namespace: 'shop', name: 'app', images: [enterpriseImage] };
    await stage.node.images.evict(enterpriseImage);
    await stage.pods.run(pod);
    expect(await stage.pods.failures(pod)).toEqual([]);
  });

  it('8. upgrade and rollback under a steady stream of Pods with evicted images: no pull fails', async ({
    annotate,
  }) => {
    const steady = startSteadyPods(stage, 'watched', enterpriseImage);
    await release.upgrade({ ...values, podAnnotations: { version: 'next' } });
    await release.rollBack();
    const ranByThen = steady.ran();
    await waitUntil({ what: 'Pods run after it', withinMs: 60_000 }, () => steady.ran() > ranByThen + 1);
    const { ran, failures } = await steady.stop();
    await annotate(`${ran} Pods ran`);
    expect(failures).toEqual([]);
  });

  it('9. after a renewal a kubelet that verifies takes the present image for the same Secret, without a pull', async () => {
    const { kubectl, pods, cloud } = stage;
    await pods.run({ namespace: 'watched', name: 'first', images: [enterpriseImage] });
    const secret = await kubectl.pullSecret('watched');
    await renewed(await login());
    expect((await kubectl.pullSecret('watched'))?.metadata?.uid).toBe(secret?.metadata?.uid);

    const asked = refusedManifests(cloud.registriesOutput()).length;
    const pod = { namespace: 'watched', name: 'again', images: [enterpriseImage] };
    await pods.run(pod);
    expect(await pods.hasPulled(pod)).toBe(false);
    expect(refusedManifests(cloud.registriesOutput())).toHaveLength(asked);

    await Promise.all(['first', 'again'].map((name) => pods.remove({ namespace: 'watched', name })));

    // It does verify: nobody else gets what is present.
    const stranger = { namespace: 'unwatched', name: 'stranger', images: [enterpriseImage] };
    await pods.create(stranger);
    await pods.awaitWaiting(stranger, 'ErrImagePull');
    await pods.remove(stranger);
  });

  it('2. without admission it runs as well, where the add-on may have waiting Pods made anew', async ({
    annotate,
  }) => {
    await release.upgrade({ ...values, admission: 'none', waitingPods: 'restart' });
    const { tookMs, pods } = await applyWorkload(stage, 'applied-4', enterpriseImage);
    await annotate(`time to Running without admission: ${tookMs} ms, with ${pods} Pods`);
    expect(await stage.kubectl.pullSecretsOf('applied-4', 'runner')).toEqual([pullSecretName]);
  });

  it('10. uninstalling leaves nothing but the ConfigMap, which is the operators’', async () => {
    await release.uninstall();
    await expect
      .poll(async () => (await objects()).filter((name) => !objectsBefore.includes(name)), {
        timeout: 60_000,
      })
      .toEqual(['/api/v1/configmaps kube-system/acr-configuration']);
    expect(await stage.kubectl.pullSecret('applied-1')).toBeUndefined();
    expect(await stage.kubectl.pullSecretsOf('applied-1', 'runner')).toEqual([]);
  });

  function objects(): Promise<string[]> {
    return clusterObjects(stage.controlPlane.kubeConfig, ['kube-system', 'watched', 'unwatched']);
  }

  /** What the pull secret has for the Enterprise instance now. */
  async function login(): Promise<string> {
    const config = JSON.parse(await stage.kubectl.awaitDockerConfig('watched')) as {
      readonly auths: Readonly<Record<string, object>>;
    };
    return JSON.stringify(config.auths[enterpriseHost]);
  }

  async function renewed(former: string): Promise<string> {
    return await waitUntil({ what: 'the login is renewed', withinMs: 90_000 }, async () => {
      const now = await login();
      return now !== former && now;
    });
  }

  async function metadataCalls(): Promise<number> {
    const { counts } = await stage.cloud.calls();
    return Object.entries(counts)
      .filter(([name]) => name.startsWith('metadata.'))
      .flatMap(([, outcomes]) => Object.values(outcomes))
      .reduce((sum, count) => sum + count, 0);
  }
});
