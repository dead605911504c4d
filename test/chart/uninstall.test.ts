import {
  AdmissionregistrationV1Api,
  AppsV1Api,
  BatchV1Api,
  CoordinationV1Api,
  RbacAuthorizationV1Api,
  type V1Job,
  type V1ObjectMeta,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AddOn } from '../real-parts/add-on.ts';
import type { Cloud } from '../real-parts/cloud.ts';
import type { ControlPlane } from '../real-parts/control-plane.ts';
import { startFaultProxy, type FaultProxy } from '../real-parts/fault-proxy.ts';
import { makeDirectory, removeDirectory } from '../real-parts/guardian.ts';
import { chart, helm, helmVersions, render, type HelmVersion } from '../real-parts/helm.ts';
import { pullSecretName, type Kubectl } from '../real-parts/kubectl.ts';
import { playJob, type JobPlay } from '../real-parts/played-job.ts';
import { startStage, type Stage } from '../real-parts/stage.ts';
import { noControlOfCluster } from '../real-parts/users-cluster.ts';
import { waitUntil } from '../real-parts/wait-until.ts';
import { startInstalledAddOn } from './installed-add-on.ts';

const addOnName = 'aliyun-acr-credential-helper';
const inKubeSystem = { namespace: 'kube-system' };
const hook = { ...inKubeSystem, name: `${addOnName}-cleanup` };
const release = ['acr', '--namespace=kube-system'];
const teams = ['team-a', 'team-b'];
const settings = {
  AcrInstanceInfo: [{ instanceId: 'cri-sandbox00000001', regionId: 'cn-hangzhou' }],
  watchNamespace: ['team-a', 'team-b'],
};
const forms: readonly [HelmVersion, string, Readonly<Record<string, unknown>>][] = [
  ['helm3', 'in the whole cluster, unconfined', { confinement: { enabled: false } }],
  ['helm4', 'in some namespaces only, by webhook', { rbac: { onlyNamespaces: teams }, admission: 'webhook' }],
];

describe.skipIf(noControlOfCluster !== undefined)('uninstalling', { timeout: 400_000 }, () => {
  let stage: Stage;
  let controlPlane: ControlPlane;
  let cloud: Cloud;
  let kubectl: Kubectl;
  let directory: string;
  let addOn: AddOn;

  beforeAll(async () => {
    directory = await makeDirectory('acr-uninstall-');
    stage = await startStage({ timeScale: 1, withoutAccount: true });
    ({ controlPlane, cloud, kubectl } = stage);
    for (const name of teams) {
      await kubectl.createNamespace(name);
      await kubectl.createServiceAccount(name, {
        metadata: { name: 'own' },
        imagePullSecrets: [{ name: pullSecretName }],
      });
    }
  });

  afterAll(async () => {
    await addOn?.kill();
    await stage?.stop();
    await removeDirectory(directory);
  });

  async function install(version: HelmVersion, values: Readonly<Record<string, unknown>>): Promise<void> {
    const { kubeConfigFile } = controlPlane;
    const options = ['install', ...release, chart];
    await helm(version, { options, values: { ...settings, ...values }, kubeConfigFile });
    addOn = await startInstalledAddOn({ controlPlane, cloud, directory });
    for (const name of teams) {
      await kubectl.awaitDockerConfig(name);
      await kubectl.awaitAttachment(name);
    }
  }

  /** Ends the add-on as soon as the Deployment is scaled to nothing, as its controller and a kubelet do. */
  async function followDeployment(): Promise<void> {
    const apps = controlPlane.kubeConfig.makeApiClient(AppsV1Api);
    await waitUntil({ what: 'the Deployment is scaled to nothing', withinMs: 60_000 }, async () => {
      const { spec } = await apps.readNamespacedDeployment({ ...inKubeSystem, name: addOnName });
      return spec?.replicas === 0;
    });
    await addOn.stop();
  }

  async function uninstall(version: HelmVersion, detour?: JobPlay['detour']) {
    const { kubeConfig, kubeConfigFile } = controlPlane;
    const play = { ...hook, directory, ...(detour === undefined ? {} : { detour }) };
    const [helmOutcome, job] = await Promise.all([
      helm(version, { options: ['uninstall', ...release], kubeConfigFile, patienceMs: 320_000 }).then(
        () => 'uninstalled',
        (thrown: Error) => thrown.message,
      ),
      playJob(kubeConfig, play),
      addOn.hasEnded() ? undefined : followDeployment(),
    ]);
    return { helmOutcome, job };
  }

  /** What of the chart, of the hook or of the add-on is there. */
  async function traces(): Promise<string[]> {
    const { kubeConfig } = controlPlane;
    const rbac = kubeConfig.makeApiClient(RbacAuthorizationV1Api);
    const admission = kubeConfig.makeApiClient(AdmissionregistrationV1Api);
    const lists: readonly { readonly items: readonly { readonly metadata?: V1ObjectMeta }[] }[] =
      await Promise.all([
        rbac.listClusterRole(),
        rbac.listClusterRoleBinding(),
        rbac.listRoleForAllNamespaces(),
        rbac.listRoleBindingForAllNamespaces(),
        admission.listValidatingAdmissionPolicy(),
        admission.listValidatingAdmissionPolicyBinding(),
        admission.listMutatingWebhookConfiguration(),
        admission.listMutatingAdmissionPolicy(),
        admission.listMutatingAdmissionPolicyBinding(),
        kubectl.api.listServiceForAllNamespaces(),
        kubeConfig.makeApiClient(CoordinationV1Api).listNamespacedLease(inKubeSystem),
        kubeConfig.makeApiClient(AppsV1Api).listNamespacedDeployment(inKubeSystem),
        kubeConfig.makeApiClient(BatchV1Api).listNamespacedJob(inKubeSystem),
        kubectl.api.listServiceAccountForAllNamespaces(),
        kubectl.api.listSecretForAllNamespaces(),
        kubectl.api.listConfigMapForAllNamespaces(),
      ]);
    const names = lists.flatMap(({ items }) => items.map(({ metadata }) => metadata?.name ?? ''));
    const attached = await Promise.all(teams.map((name) => kubectl.pullSecretsOf(name)));
    return [...names.filter((name) => /acr[-.]/.test(name)), ...attached.flat()];
  }

  it.each(forms)(
    'by %s leaves nothing of an add-on that served %s, but its ConfigMap',
    async (version, _, values) => {
      await install(version, values);
      const isByWebhook = values['admission'] === 'webhook';
      await waitUntil({ what: 'the certificate is there, if any', withinMs: 60_000 }, async () => {
        const found = await traces();
        return found.includes('acr-credential-helper-webhook-tls') === isByWebhook;
      });
      const { helmOutcome, job } = await uninstall(version);
      expect(job.output.includes('Removed the registration of the admission webhook')).toBe(isByWebhook);
      expect(job.output).toContain('Nothing is left of what the add-on made.');
      expect(helmOutcome).toBe('uninstalled');
      expect(await traces()).toEqual(['acr-configuration']);
      for (const name of teams) expect(await kubectl.pullSecretsOf(name, 'own')).toEqual([pullSecretName]);
      await kubectl.deleteConfiguration();
    },
  );

  it.each(helmVersions)(
    'by %s stops where the API server refuses a part, keeps the Job’s log, and does the rest the next time',
    async (version) => {
      await install(version, {});
      let proxy: FaultProxy | undefined;
      const refused = await uninstall(version, async (kubeConfigFile) => {
        proxy = await startFaultProxy(kubeConfigFile);
        proxy.answer({ status: 500 }, ({ method, path }) => method === 'DELETE' && path.includes('/team-a/'));
        return proxy.kubeConfigFile;
      });
      await proxy?.stop();
      expect(refused.job.output).toContain(`left: Secret team-a/${pullSecretName}`);
      expect(refused.helmOutcome).toContain(hook.name);
      const left = await traces();
      expect(left).toContain(pullSecretName);
      expect(left).toContain(hook.name);
      const { helmOutcome } = await uninstall(version);
      expect(helmOutcome).toBe('uninstalled');
      expect(await traces()).toEqual(['acr-configuration']);
      await kubectl.deleteConfiguration();
    },
  );

  it('runs a Pod that a namespace with restricted pod security takes', async () => {
    const namespace = 'strict';
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    await kubectl.api.createNamespace({ body: { metadata: { name: namespace, labels } } });
    await waitUntil({ what: 'it has its account', withinMs: 30_000 }, () =>
      kubectl.api.readNamespacedServiceAccount({ namespace, name: 'default' }),
    );
    const job = (await render('helm3', {})).find((object): object is V1Job => object.kind === 'Job');
    const spec = job?.spec?.template.spec;
    if (spec === undefined) throw new Error('no Job with a Pod');
    // The priority of kube-system is for kube-system, and the account is not here.
    delete spec.serviceAccountName;
    delete spec.priorityClassName;
    const pod = { namespace, dryRun: 'All', body: { metadata: { name: 'cleanup' }, spec } };
    await kubectl.api.createNamespacedPod(pod);
    for (const container of spec.containers) delete container.securityContext;
    await expect(kubectl.api.createNamespacedPod(pod)).rejects.toThrow('violates PodSecurity');
  });
});
