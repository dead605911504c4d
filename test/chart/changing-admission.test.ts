import { DiscoveryV1Api } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AddOn } from '../real-parts/add-on.ts';
import { makeDirectory, removeDirectory } from '../real-parts/guardian.ts';
import { chart, helm } from '../real-parts/helm.ts';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { enterpriseEntry, startStage, type Stage } from '../real-parts/stage.ts';
import { noControlOfCluster } from '../real-parts/users-cluster.ts';
import { waitUntil } from '../real-parts/wait-until.ts';
import { registeredWebhook, registration } from '../real-parts/webhook-registration.ts';
import { startInstalledAddOn } from './installed-add-on.ts';
import { machineAddress } from './machine-address.ts';

const instances = [{ instanceId: 'cri-sandbox00000001', regionId: 'cn-hangzhou' }];

/** No kube-proxy is here, so the API server itself looks up where a Service leads. */
const toServices = ['--enable-aggregator-routing=true'];
const admissionHost = machineAddress();

/** Its registration stays, as with a tool that does not remove what has left the chart. */
const withWebhook = {
  serviceAccount: '*',
  admission: 'webhook',
  webhook: { failurePolicy: 'Fail', annotations: { 'helm.sh/resource-policy': 'keep' } },
};

describe.skipIf(noControlOfCluster !== undefined)('a release whose admission is changed', () => {
  let stage: Stage;
  let directory: string;
  let addOn: AddOn;

  beforeAll(async () => {
    directory = await makeDirectory('acr-admission-');
    stage = await startStage({ timeScale: 1, withoutAccount: true, apiServerFlags: toServices });
    await release('install', { admission: 'none' });
    addOn = await start();
    await waitUntil({ what: 'it leads', withinMs: 60_000 }, () =>
      addOn.output().includes('became the leader'),
    );
  });

  afterAll(async () => {
    await addOn?.kill();
    await stage?.stop();
    await removeDirectory(directory);
  });

  async function release(verb: 'install' | 'upgrade', values: object): Promise<void> {
    const { kubeConfigFile } = stage.controlPlane;
    const options = [verb, 'acr', chart, '--namespace=kube-system'];
    await helm('helm3', { options, values: { AcrInstanceInfo: instances, ...values }, kubeConfigFile });
  }

  async function start(): Promise<AddOn> {
    return await startInstalledAddOn({ ...stage, directory, admissionHost });
  }

  /** As a Deployment does: a former Pod is told to go when a new one is ready. */
  async function rollOver(): Promise<void> {
    const former = addOn;
    addOn = await start();
    await former.stop();
  }

  async function status(): Promise<Readonly<Record<string, string>> | undefined> {
    const name = 'acr-scope-in-force';
    const { data } = await stage.kubectl.api.readNamespacedConfigMap({ namespace: 'kube-system', name });
    return data;
  }

  /** What the webhooks are asked about. */
  async function asked(): Promise<string[]> {
    const { webhooks = [] } = await registration(stage.controlPlane.kubeConfig);
    return webhooks.flatMap(({ rules = [] }) => rules.flatMap(({ resources = [] }) => resources));
  }

  it('to webhook rolls over, although nobody of the former release makes a certificate', async () => {
    await release('upgrade', withWebhook);
    await rollOver();
    await waitUntil({ what: 'the webhook is registered', withinMs: 60_000 }, async () => {
      const webhook = await registeredWebhook(stage.controlPlane.kubeConfig);
      return webhook?.rules !== undefined;
    });
    expect(await addOn.health('readyz')).toMatch(/^ok/);
    await waitUntil({ what: 'the status tells', withinMs: 60_000 }, async () => {
      return (await status())?.['webhook-registration'] === 'open';
    });
  }, 180_000);

  it('is asked through its Service, by the name that its certificate has', async ({ skip }) => {
    if (admissionHost === undefined) return skip('this machine has no address that a Service may lead to');
    const { kubectl, controlPlane } = stage;
    const slices = controlPlane.kubeConfig.makeApiClient(DiscoveryV1Api);
    const metadata = {
      name: 'webhook',
      labels: { 'kubernetes.io/service-name': 'aliyun-acr-credential-helper-webhook' },
    };
    const port = Number(/"admissionPort":(\d+)/.exec(addOn.output())?.[1]);
    const namespace = 'kube-system';
    await slices.createNamespacedEndpointSlice({
      namespace,
      body: {
        metadata,
        addressType: 'IPv4',
        endpoints: [{ addresses: [admissionHost] }],
        ports: [{ name: 'webhook', port }],
      },
    });
    // The API server's own watch has to show the slice; with Fail nothing is created before.
    const account = await waitUntil({ what: 'an account is created', withinMs: 60_000 }, () =>
      kubectl.api.createNamespacedServiceAccount({
        namespace: 'default',
        body: { metadata: { name: 'through-the-service' } },
        dryRun: 'All',
      }),
    );
    expect(account.imagePullSecrets).toEqual([{ name: pullSecretName }]);
    expect(account.metadata?.annotations).toEqual({ 'acr-credential-helper/attached-by': 'admission' });
    await slices.deleteNamespacedEndpointSlice({ namespace, name: metadata.name });
    // The API server would keep its connection to that replica.
    await rollOver();
  }, 180_000);

  it('has Pods asked about for as long as it says so, and service accounts all the while', async () => {
    await release('upgrade', { ...withWebhook, podsWithOwnPullSecrets: 'attach' });
    // The leader looks once a minute.
    await waitUntil({ what: 'Pods are asked about', withinMs: 150_000 }, async () =>
      (await asked()).includes('pods'),
    );
    expect(await asked()).toEqual(['serviceaccounts', 'pods']);
    await release('upgrade', withWebhook);
    expect(await asked()).toEqual(['serviceaccounts']);
  }, 240_000);

  it('to none has nobody asked any more, although the registration stays', async () => {
    const { kubectl, controlPlane } = stage;
    await expect(kubectl.createServiceAccount('default', { metadata: { name: 'refused' } })).rejects.toThrow(
      /failed calling webhook/,
    );
    await release('upgrade', { admission: 'none' });
    await rollOver();
    await waitUntil({ what: 'the webhook is closed', withinMs: 60_000 }, async () => {
      const webhook = await registeredWebhook(controlPlane.kubeConfig);
      return webhook !== undefined && webhook.rules === undefined;
    });
    expect(addOn.output()).toContain('closed the admission webhook');
    expect(await status()).toMatchObject({ admission: 'none' });
    expect(await status()).not.toHaveProperty('webhook-registration');
    // The API server's own watch has to show it.
    await waitUntil({ what: 'an account is created', withinMs: 60_000 }, async () => {
      await kubectl.createServiceAccount('default', { metadata: { name: 'created' } });
      return true;
    });
  }, 180_000);

  it('to auto has what an official ConfigMap says of the webhook, also when it says something else', async () => {
    const { kubectl, controlPlane } = stage;
    const terms = async () => {
      const { rules, failurePolicy, timeoutSeconds } =
        (await registeredWebhook(controlPlane.kubeConfig)) ?? {};
      return { isOpen: rules !== undefined, failurePolicy, timeoutSeconds };
    };
    // It may be open already, by what was configured before.
    const follow = async (webhookConfiguration: string, expected: object) => {
      await kubectl.configure({
        'acr-registry-info': enterpriseEntry,
        'webhook-configuration': webhookConfiguration,
      });
      await expect.poll(() => terms(), { timeout: 60_000, interval: 200 }).toMatchObject(expected);
    };
    await release('upgrade', { configuration: { existing: true } });
    await rollOver();
    await follow('enable: true\nfailure-policy: Fail\ntimeout-seconds: 7\n', {
      isOpen: true,
      failurePolicy: 'Fail',
      timeoutSeconds: 7,
    });
    await follow('enable: false\n', { isOpen: false });
  }, 180_000);
});
