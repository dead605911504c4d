import { afterAll, beforeAll, expect, it } from 'vitest';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { enterpriseImage, personalImage } from '../real-parts/stage.ts';
import { waitUntil } from '../real-parts/wait-until.ts';
import { applyWorkload } from './applied-workload.ts';
import { clusterObjects, tracesOfAddOn } from './cluster-objects.ts';
import { describeOnNode } from './describe-on-node.ts';
import { manifestsAskedFor } from './manifests-asked-for.ts';
import { startNodeStage, type NodeStage } from './node-stage.ts';
import type { PodWish } from './pods.ts';
import { Release } from './release.ts';
import { runAfterEviction } from './run-after-eviction.ts';
import { underSteadyPods } from './steady-pods.ts';

/** For the Enterprise instance, whose logins each live for a time of their own then. For Personal Edition the node's role asks. */
const accessKey = { 'access-key-id': 'SANDBOXPULLER', 'access-key-secret': 'sandbox-secret-of-puller' };
const keySecret = 'owner-key';
const watchNamespace = ['watched', 'shop', 'applied-*'];
const values = {
  AcrInstanceInfo: [
    { instanceId: 'cri-sandbox00000001', regionId: 'cn-hangzhou', accessKeySecretRef: keySecret },
    { instanceId: '', regionId: 'cn-hangzhou' },
  ],
  watchNamespace,
  serviceAccount: 'default,runner',
};
const enterpriseHost = enterpriseImage.slice(0, enterpriseImage.indexOf('/'));
const manifestPath = '/v2/team/app/manifests/1';

describeOnNode('with the add-on as a Deployment from its chart and its image', () => {
  let stage: NodeStage;
  let release: Release;
  let objectsBefore: readonly string[];

  beforeAll(async () => {
    // An Enterprise login lives for 20 s and is renewed when 10 s are left, of which the write may take a tenth to begin. A
    // session of the node's role lives for 120 s; its logins are renewed when 60, 30, 15 and 7.5 s of it are left.
    stage = await startNodeStage({ timeScale: 180, withoutAccount: true });
    for (const image of [enterpriseImage, personalImage]) await stage.publishTiny(image);
    for (const name of ['watched', 'unwatched']) await stage.kubectl.createNamespace(name);
    await stage.kubectl.createSecret('kube-system', keySecret, accessKey);
    release = new Release(stage);
    await release.prepare();
    objectsBefore = await objects();
    await release.install(values);
    await stage.kubectl.awaitDockerConfig('watched', undefined, 60_000);
    await stage.kubectl.awaitAttachment('watched');
  });

  afterAll(() => stage?.stop());

  /** The Pod asks for its images and is refused. */
  async function expectRefusal(pod: PodWish): Promise<void> {
    await stage.pods.create(pod);
    try {
      await stage.pods.awaitWaiting(pod, 'ErrImagePull');
    } finally {
      await stage.pods.remove(pod);
    }
  }

  it('1. a Pod without a pull secret gets 401 and ErrImagePull in a namespace that is not watched', async () => {
    const before = await callsWith('token-service.auth', 'anonymous');
    await expectRefusal({ namespace: 'unwatched', name: 'app', images: [enterpriseImage] });
    expect(manifestsAskedFor(stage.cloud.registriesOutput())).toContain(manifestPath);
    // What was refused is the token that the registry's 401 sends for.
    expect(await callsWith('token-service.auth', 'anonymous')).toBeGreaterThan(before);
    expect(await stage.node.images.has(enterpriseImage)).toBe(false);
  });

  it('1. the same Pod runs in a watched one', async () => {
    const pod = { namespace: 'watched', name: 'app', images: [enterpriseImage] };
    expect(await runAfterEviction(stage, pod)).toEqual([]);
  });

  it('2. applied with its namespace and account, the first Pod of a Deployment runs without a back-off', async ({
    annotate,
  }) => {
    for (const namespace of ['applied-1', 'applied-2', 'applied-3']) {
      const { tookMs, ...first } = await applyWorkload(stage, namespace, enterpriseImage);
      await annotate(`time to Running with admission: ${tookMs} ms`);
      expect(first).toEqual({ failures: [], pods: 1, hasPulled: true });
    }
  });

  it('3. three renewals pass, the image is evicted and pulled again after each, when the former login is refused', async () => {
    for (const name of ['renewal-1', 'renewal-2', 'renewal-3']) {
      const former = await stage.kubectl.awaitDockerConfig('watched');
      await expect
        .poll(() => stage.cloud.pull(enterpriseImage, former), { timeout: 60_000, interval: 500 })
        .toMatchObject({ kind: 'refused', status: 401 });
      const pod = { namespace: 'watched', name, images: [enterpriseImage] };
      expect(await runAfterEviction(stage, pod)).toEqual([]);
    }
  });

  it('5. a Pod runs images of Personal and Enterprise Edition', async () => {
    const pod = { namespace: 'watched', name: 'both', images: [enterpriseImage, personalImage] };
    expect(await runAfterEviction(stage, pod)).toEqual([]);
  });

  it('6. the leader’s Pod is deleted in the middle of a renewal, and another one finishes it', async () => {
    const { kubectl, cloud } = stage;
    const former = await renewed(await login());
    // The leader's call is too slow to be answered before it is told to end, the next one's slow enough to be looked at.
    const slow = { service: 'container-registry', action: 'GetAuthorizationToken', kind: 'delay' } as const;
    try {
      await cloud.setFault({ ...slow, delayMs: 14_000, times: 1 });
      await cloud.setFault({ ...slow, delayMs: 5000 });
      const leader = await renewalHasBegun();
      await kubectl.api.deleteNamespacedPod({ namespace: 'kube-system', name: leader });
      await waitUntil({ what: 'another one leads', withinMs: 60_000 }, async () => {
        const next = await release.leader();
        return next !== undefined && next !== leader;
      });
      expect(await login()).toBe(former);
    } finally {
      await cloud.clearFaults();
    }
    await renewed(former);
    const pod = { namespace: 'watched', name: 'after-the-leader', images: [enterpriseImage] };
    expect(await runAfterEviction(stage, pod)).toEqual([]);
    await release.awaitReady();
  });

  it('7. the API server is restarted, and new namespaces are served as before', async () => {
    await stage.controlPlane.restartApiServer();
    await stage.kubectl.createNamespace('shop');
    await stage.kubectl.awaitDockerConfig('shop', undefined, 60_000);
    await stage.kubectl.awaitAttachment('shop');
    const pod = { namespace: 'shop', name: 'app', images: [enterpriseImage] };
    expect(await runAfterEviction(stage, pod)).toEqual([]);
  });

  it('8. upgrade and rollback under a steady stream of Pods with evicted images: no pull fails', async ({
    annotate,
  }) => {
    const place = { namespace: 'watched', image: enterpriseImage };
    await stage.kubectl.createNamespace('added');
    const { ran, failures } = await underSteadyPods(stage, place, async (steady) => {
      await release.upgradeToNextVersion({ ...values, watchNamespace: [...watchNamespace, 'added'] });
      await stage.kubectl.awaitDockerConfig('added', undefined, 60_000);
      await release.rollBack();
      await expect.poll(() => stage.kubectl.pullSecret('added'), { timeout: 60_000 }).toBeUndefined();
      const ranByThen = steady.ran();
      await waitUntil({ what: 'Pods run after it', withinMs: 60_000 }, () => steady.ran() > ranByThen + 1);
    });
    await annotate(`${ran} Pods ran`);
    expect(failures).toEqual([]);
  });

  it('9. after a renewal a kubelet that verifies takes the present image for the same Secret, without a pull', async () => {
    const { kubectl, pods, cloud } = stage;
    const first = { namespace: 'watched', name: 'first', images: [enterpriseImage] };
    expect(await runAfterEviction(stage, first)).toEqual([]);
    const secret = await kubectl.pullSecret('watched');
    await renewed(await login());
    expect((await kubectl.pullSecret('watched'))?.metadata?.uid).toBe(secret?.metadata?.uid);

    const asked = manifestsAskedFor(cloud.registriesOutput()).length;
    const again = { namespace: 'watched', name: 'again', images: [enterpriseImage] };
    await pods.create(again);
    try {
      await pods.awaitRunning(again);
      expect(await pods.hasPulled(again, enterpriseImage)).toBe(false);
    } finally {
      await pods.remove(again);
    }
    expect(manifestsAskedFor(cloud.registriesOutput())).toHaveLength(asked);

    // It does verify: nobody else gets what is present.
    await expectRefusal({ namespace: 'unwatched', name: 'stranger', images: [enterpriseImage] });
  });

  it('2. without admission it runs as well, where the add-on may have waiting Pods made anew', async ({
    annotate,
  }) => {
    await release.upgrade({ ...values, admission: 'none', waitingPods: 'restart' });
    const { tookMs, pods, hasPulled } = await applyWorkload(stage, 'applied-4', enterpriseImage);
    await annotate(`time to Running without admission: ${tookMs} ms, with ${pods} Pods`);
    expect(hasPulled).toBe(true);
    expect(await stage.kubectl.pullSecretsOf('applied-4', 'runner')).toEqual([pullSecretName]);
  });

  it('10. uninstalling leaves nothing but the ConfigMap, which is the operators’', async () => {
    const { kubeConfig } = stage.controlPlane;
    expect(await tracesOfAddOn(kubeConfig)).not.toEqual([]);
    await release.uninstall();
    await expect
      .poll(async () => (await objects()).filter((name) => !objectsBefore.includes(name)), {
        timeout: 60_000,
      })
      .toEqual(['/api/v1/configmaps kube-system/acr-configuration']);
    expect(await tracesOfAddOn(kubeConfig)).toEqual([]);
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

  /** Waits for the next renewal of the Enterprise instance to wait for its token, and tells whose Pod it is that waits. */
  async function renewalHasBegun(): Promise<string> {
    const before = await listings();
    const what = 'a renewal has begun';
    await waitUntil({ what, withinMs: 60_000 }, async () => (await listings()) > before);
    return await waitUntil({ what: 'one leads', withinMs: 60_000 }, () => release.leader());
  }

  /** Of the instance's domains, each of which comes right before the call for a token. */
  async function listings(): Promise<number> {
    return await callsWith('container-registry.ListInstanceEndpoint', 'ok');
  }

  async function callsWith(name: string, outcome: string): Promise<number> {
    return (await stage.cloud.calls()).counts[name]?.[outcome] ?? 0;
  }
});
