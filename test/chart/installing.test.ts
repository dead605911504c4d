import type { KubernetesObject, V1Deployment } from '@kubernetes/client-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  isOpenIn,
  registrationPatch,
  type RawWebhookConfiguration,
} from '../../src/admission/registration.ts';
import { makeCertificate } from '../../src/admission/serving-certificate/make-certificate.ts';
import { ApiCaller } from '../real-parts/api-caller.ts';
import { startControlPlane, type ControlPlane } from '../real-parts/control-plane.ts';
import { chart, helm, helmVersions, render, type HelmVersion } from '../real-parts/helm.ts';
import { Kubectl } from '../real-parts/kubectl.ts';
import { noControlOfCluster } from '../real-parts/users-cluster.ts';
import { chartForms } from './chart-forms.ts';

const inKubeSystem = '--namespace=kube-system';
const configuration = { namespace: 'kube-system', name: 'acr-configuration' };
const data = { 'acr-registry-info': '- instanceId: "cri-a"\n', 'watch-namespace': 'shop' };
const registrationPath =
  '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/aliyun-acr-credential-helper';
const places: Readonly<Record<string, string>> = {
  ConfigMap: '/api/v1/namespaces/{}/configmaps',
  ServiceAccount: '/api/v1/namespaces/{}/serviceaccounts',
  Role: '/apis/rbac.authorization.k8s.io/v1/namespaces/{}/roles',
  RoleBinding: '/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings',
  ClusterRole: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  ClusterRoleBinding: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
  Pod: '/api/v1/namespaces/{}/pods',
  Service: '/api/v1/namespaces/{}/services',
  Deployment: '/apis/apps/v1/namespaces/{}/deployments',
  Job: '/apis/batch/v1/namespaces/{}/jobs',
  PodDisruptionBudget: '/apis/policy/v1/namespaces/{}/poddisruptionbudgets',
  MutatingWebhookConfiguration: '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations',
  ValidatingAdmissionPolicy: '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies',
  ValidatingAdmissionPolicyBinding: '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings',
};

describe.skipIf(noControlOfCluster !== undefined)('the chart, on a real API server', () => {
  let controlPlane: ControlPlane;
  let kubectl: Kubectl;
  let admin: ApiCaller;

  beforeAll(async () => {
    controlPlane = await startControlPlane();
    kubectl = new Kubectl(controlPlane.kubeConfig);
    admin = new ApiCaller(controlPlane.kubeConfig);
    await kubectl.api.createNamespace({
      body: { metadata: { name: 'strict', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } },
    });
  });

  afterAll(async () => {
    await admin?.close();
    await controlPlane?.stop();
  });

  async function run(version: HelmVersion, options: readonly string[], values?: object): Promise<string> {
    const { kubeConfigFile } = controlPlane;
    const command = { options: [...options, inKubeSystem], kubeConfigFile };
    return await helm(version, values === undefined ? command : { ...command, values: { ...values } });
  }

  async function rawRegistration(): Promise<RawWebhookConfiguration> {
    const { text } = await admin.call({ method: 'GET', path: registrationPath });
    return JSON.parse(text) as RawWebhookConfiguration;
  }

  /** What the API server says to an object that it is to check and not to keep. */
  async function objection(object: KubernetesObject): Promise<string | undefined> {
    const place = places[object.kind ?? ''];
    if (place === undefined) throw new Error(`where does a ${object.kind} go?`);
    const path = place.replace('{}', object.metadata?.namespace ?? '');
    const query = '?dryRun=All&fieldValidation=Strict';
    const { status, text } = await admin.call({ method: 'POST', path: `${path}${query}`, body: object });
    return status === 201 ? undefined : `${object.kind} ${object.metadata?.name}: ${text}`;
  }

  it.each(Object.entries(chartForms))('is taken field by field: %s', async (_, values) => {
    const objects = await render('helm3', values);
    const objections = await Promise.all(objects.map((object) => objection(object)));
    expect(objections.filter((each) => each !== undefined)).toEqual([]);
  });

  it.each(Object.entries(chartForms))(
    'has Pods that keep to the restricted standard: %s',
    async (_, values) => {
      const objects = await render('helm3', values);
      const deployment = objects.find((object): object is V1Deployment => object.kind === 'Deployment');
      // The priority of kube-system is for kube-system, and the account is not here.
      const own = { serviceAccountName: 'default', priorityClassName: undefined };
      const spec = Object.assign({}, deployment?.spec?.template.spec, own);
      const name = { name: 'controller', namespace: 'strict' };
      const metadata = Object.assign({}, deployment?.spec?.template.metadata, name);
      const pod: KubernetesObject & { spec: object } = { apiVersion: 'v1', kind: 'Pod', metadata, spec };
      expect(await objection(pod)).toBeUndefined();
    },
  );

  describe.each(helmVersions)('by %s', (version) => {
    afterEach(async () => {
      await run(version, ['uninstall', 'acr', '--no-hooks', '--ignore-not-found']);
      await kubectl.deleteConfiguration();
    });

    it('is installed and removed', async () => {
      await run(version, ['install', 'acr', chart], { AcrInstanceInfo: [{ instanceId: 'cri-a' }] });
      const account = await kubectl.api.readNamespacedServiceAccount({
        namespace: 'kube-system',
        name: 'aliyun-acr-credential-helper',
      });
      expect(account.metadata?.labels).toMatchObject({ 'app.kubernetes.io/managed-by': 'Helm' });
      await run(version, ['uninstall', 'acr', '--no-hooks']);
      await expect(
        kubectl.api.readNamespacedServiceAccount({
          namespace: 'kube-system',
          name: 'aliyun-acr-credential-helper',
        }),
      ).rejects.toThrow('not found');
    });

    it('goes on with a ConfigMap that is there, and leaves it as it was', async () => {
      await kubectl.configure(data);
      const before = await kubectl.api.readNamespacedConfigMap(configuration);
      const values = { configuration: { existing: true } };
      await run(version, ['install', 'acr', chart], values);
      await run(version, ['upgrade', 'acr', chart], { ...values, replicas: 3 });
      await run(version, ['uninstall', 'acr', '--no-hooks']);
      expect(await kubectl.api.readNamespacedConfigMap(configuration)).toEqual(before);
    });

    it('does not write over a ConfigMap that is there, and says how to go on with it', async () => {
      await kubectl.configure(data);
      await expect(run(version, ['install', 'acr', chart])).rejects.toThrow(
        '--set configuration.existing=true',
      );
      expect((await kubectl.api.readNamespacedConfigMap(configuration)).data).toEqual(data);
    });

    it('is upgraded while its webhook is asked, which goes on as the leader has opened it', async () => {
      const { certificatePem: trustPem } = await makeCertificate(['localhost'], Date.now(), 3_600_000);
      const opened = { isOpen: true, failurePolicy: 'Fail', timeoutSeconds: 1, trustPem } as const;
      const values = { admission: 'webhook', podsWithOwnPullSecrets: 'attach' };
      await run(version, ['install', 'acr', chart], values);
      const steps = registrationPatch(await rawRegistration(), opened);
      await admin.call({
        method: 'PATCH',
        path: registrationPath,
        mediaType: 'application/json-patch+json',
        body: steps,
      });
      const before = await rawRegistration();
      expect(isOpenIn(before)).toBe(true);
      const annotations = { 'example.com/a': '1' };
      const certificate = { certificateSecret: 'theirs', caBundle: btoa(trustPem) };
      for (const webhook of [{ annotations }, { annotations, ...certificate }]) {
        await run(version, ['upgrade', 'acr', chart], { ...values, webhook });
        const after = await rawRegistration();
        expect(after.metadata.annotations).toMatchObject(annotations);
        expect(after.webhooks).toEqual(before.webhooks);
        expect(registrationPatch(after, opened)).toEqual([]);
      }
    });

    it('leaves the ConfigMap where the operators take it into their own hands', async () => {
      await run(version, ['install', 'acr', chart], { watchNamespace: 'shop' });
      const { metadata } = await kubectl.api.readNamespacedConfigMap(configuration);
      await run(version, ['upgrade', 'acr', chart], { configuration: { existing: true } });
      const after = await kubectl.api.readNamespacedConfigMap(configuration);
      expect(after.metadata?.uid).toBe(metadata?.uid);
      expect(after.data?.['watch-namespace']).toBe('shop');
    });
  });
});
