import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { applyObjects } from '../real-parts/admission-policy.ts';
import { startCertManager } from '../real-parts/cert-manager.ts';
import { makeDirectory, removeDirectory, type RunningProgram } from '../real-parts/guardian.ts';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { mountSecret, type MountedSecret } from '../real-parts/mounted-secret.ts';
import { whyTooOld } from '../real-parts/served-admission.ts';
import { enterpriseEntry } from '../real-parts/stage.ts';
import { noControlOfCluster } from '../real-parts/users-cluster.ts';
import { waitUntil } from '../real-parts/wait-until.ts';
import { registeredWebhook, registration } from '../real-parts/webhook-registration.ts';
import {
  createAccount,
  startWebhookStage,
  type WebhookReplica,
  type WebhookStage,
} from '../real-parts/webhook-stage.ts';

const namespace = 'kube-system';
const secret = { namespace, name: 'webhook-certificate' };
const webhookTerms = (timeoutSeconds: number) => ({
  'webhook-configuration': `enable: true\nfailure-policy: Fail\ntimeout-seconds: ${timeoutSeconds}\n`,
});
const configuration = {
  'acr-registry-info': enterpriseEntry,
  'service-account': '*',
  ...webhookTerms(10),
};

/** An authority that signs itself, and the webhook's certificate by it. */
const issued = [
  certManagerObject('Issuer', 'itself', { selfSigned: {} }),
  certManagerObject('Certificate', 'authority', {
    isCA: true,
    commonName: 'authority',
    secretName: 'authority',
    issuerRef: { name: 'itself' },
  }),
  certManagerObject('Issuer', 'authority', { ca: { secretName: 'authority' } }),
  certManagerObject('Certificate', 'webhook', {
    dnsNames: ['localhost'],
    secretName: secret.name,
    duration: '1h',
    issuerRef: { name: 'authority' },
  }),
];

function certManagerObject(kind: string, name: string, spec: object) {
  return { apiVersion: 'cert-manager.io/v1', kind, metadata: { namespace, name }, spec };
}

describe.skipIf(noControlOfCluster !== undefined)('with a certificate of cert-manager, the webhook', () => {
  let stage: WebhookStage;
  let directory: string;
  let certManager: RunningProgram;
  let mounted: MountedSecret;
  let replica: WebhookReplica;
  let whyNot: string | undefined;

  beforeAll(async () => {
    directory = await makeDirectory('acr-webhook-files-');
    const annotations = { 'cert-manager.io/inject-ca-from': `${namespace}/webhook` };
    const webhook = { certificateSecret: secret.name, annotations };
    stage = await startWebhookStage({ chartValues: { podsWithOwnPullSecrets: 'attach', webhook } });
    // Older ones do not take this cert-manager's definitions either.
    whyNot = await whyTooOld(stage.controlPlane.kubeConfig);
    if (whyNot !== undefined) return;
    await stage.kubectl.configure(configuration);
    certManager = await startCertManager(stage.controlPlane, directory);
    // The definitions that were just installed are served a moment later.
    await waitUntil({ what: 'the certificate is ordered', withinMs: 60_000 }, async () => {
      await applyObjects(stage.controlPlane.kubeConfig, issued);
      return true;
    });
    const issuing = { what: 'the certificate is issued', withinMs: 120_000, program: certManager };
    await waitUntil(issuing, () => stage.kubectl.api.readNamespacedSecret(secret));
    mounted = await mountSecret(stage.kubectl.api, secret, directory);
    replica = await stage.startWebhookReplica(
      `--admission-cert-file=${join(directory, 'tls.crt')}`,
      `--admission-key-file=${join(directory, 'tls.key')}`,
    );
    await stage.awaitAdmission('default');
  }, 240_000);

  afterAll(async () => {
    await mounted?.stop();
    await stage?.stop();
    await certManager?.stop();
    await removeDirectory(directory);
  });

  beforeEach(({ skip }) => skip(whyNot !== undefined, whyNot));

  const registered = () => registration(stage.controlPlane.kubeConfig);

  it('is trusted as cert-manager says, for Pods too, and asked as the leader says', async () => {
    const { data } = await stage.kubectl.api.readNamespacedSecret(secret);
    const { webhooks = [] } = await registered();
    expect(webhooks.map(({ clientConfig }) => clientConfig.caBundle)).toEqual([
      data?.['ca.crt'],
      data?.['ca.crt'],
    ]);
    expect(webhooks.map(({ failurePolicy, timeoutSeconds }) => [failurePolicy, timeoutSeconds])).toEqual([
      ['Fail', 10],
      ['Ignore', 2],
    ]);
    expect(webhooks.map(({ rules }) => rules?.length)).toEqual([1, 1]);
  });

  it('has two who write its registration, and neither changes what the other wrote', async () => {
    const { webhooks: before = [] } = await registered();
    await stage.kubectl.configure({ ...configuration, ...webhookTerms(7) });
    await waitUntil({ what: 'the leader has changed its part', withinMs: 60_000 }, async () => {
      return (await registeredWebhook(stage.controlPlane.kubeConfig))?.timeoutSeconds === 7;
    });
    const changed = await registered();
    // Longer than the leader's look, once a minute.
    await delay(75_000);
    const after = await registered();
    expect(after.metadata?.resourceVersion).toBe(changed.metadata?.resourceVersion);
    const [accounts] = before;
    if (accounts !== undefined) accounts.timeoutSeconds = 7;
    expect(after.webhooks).toEqual(before);
  }, 180_000);

  it('takes up a renewed certificate while accounts are created, and none fails', async () => {
    const troubles: string[] = [];
    const creating = new AbortController();
    const created = (async () => {
      let count = 0;
      for (; !creating.signal.aborted; count += 1) {
        const { status, text } = await createAccount(stage.admin, 'default', `account-${count}`);
        if (status !== 201 || !text.includes(pullSecretName)) troubles.push(text);
        await delay(20);
      }
      return count;
    })();
    const before = await stage.kubectl.api.readNamespacedSecret(secret);
    await renew();
    await waitUntil({ what: 'the new certificate is served', withinMs: 120_000 }, () =>
      replica.addOn.output().includes('serving the admission webhook with a new certificate'),
    );
    await delay(3_000);
    creating.abort();
    expect(await created).toBeGreaterThan(50);
    const after = await stage.kubectl.api.readNamespacedSecret(secret);
    expect(after.data?.['tls.crt']).not.toBe(before.data?.['tls.crt']);
    expect(mounted.shown.length).toBeGreaterThan(1);
    expect(troubles).toEqual([]);
  }, 240_000);

  /** As `cmctl renew` does. */
  async function renew(): Promise<void> {
    const path = `/apis/cert-manager.io/v1/namespaces/${namespace}/certificates/webhook`;
    const { text } = await stage.admin.call({ method: 'GET', path });
    const { status } = JSON.parse(text) as { status: { conditions: { type: string }[] } };
    const issuing = {
      type: 'Issuing',
      status: 'True',
      reason: 'ManuallyTriggered',
      message: 'renewed by hand',
      lastTransitionTime: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    };
    const conditions = [...status.conditions.filter(({ type }) => type !== 'Issuing'), issuing];
    const answer = await stage.admin.call({
      method: 'PATCH',
      path: `${path}/status`,
      mediaType: 'application/merge-patch+json',
      body: { status: { conditions } },
    });
    expect(answer.status).toBe(200);
  }
});
