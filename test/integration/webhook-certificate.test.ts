import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AdmissionregistrationV1Api, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificate } from '../../src/admission/serving-certificate/make-certificate.ts';
import { makeDirectory, removeDirectory } from '../real-parts/guardian.ts';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { enterpriseEntry } from '../real-parts/stage.ts';
import { noControlOfCluster } from '../real-parts/users-cluster.ts';
import { waitUntil } from '../real-parts/wait-until.ts';
import { registeredWebhook } from '../real-parts/webhook-registration.ts';
import { createAccount, startWebhookStage, type WebhookStage } from '../real-parts/webhook-stage.ts';

const secret = { namespace: 'kube-system', name: 'acr-credential-helper-webhook-tls' };
const configuration = {
  'acr-registry-info': enterpriseEntry,
  'service-account': '*',
  'webhook-configuration': 'enable: true\nfailure-policy: Fail\ntimeout-seconds: 10\n',
};

describe.skipIf(noControlOfCluster !== undefined)('the webhook’s certificate', () => {
  let stage: WebhookStage;
  let directory: string;
  let accounts = 0;

  beforeAll(async () => {
    directory = await makeDirectory('acr-webhook-files-');
    stage = await startWebhookStage();
    await stage.kubectl.configure(configuration);
  });

  afterAll(async () => {
    await stage?.stop();
    await removeDirectory(directory);
  });

  /** The PEM under a key of the Secret; undefined where there is none. */
  async function stored(key: string): Promise<string | undefined> {
    const { data } = await stage.kubectl.api.readNamespacedSecret(secret);
    return data?.[key] === undefined ? undefined : Buffer.from(data[key], 'base64').toString();
  }

  async function trusted(): Promise<string> {
    const webhook = await registeredWebhook(stage.controlPlane.kubeConfig);
    return Buffer.from(webhook?.clientConfig.caBundle ?? '', 'base64').toString();
  }

  /** What the API server says of an account that it does not create attached; undefined where it does. */
  async function trouble(): Promise<string | undefined> {
    const { status, text } = await createAccount(stage.admin, 'default', `account-${accounts++}`);
    return status === 201 && text.includes(pullSecretName) ? undefined : text;
  }

  it('is exchanged while accounts are created, and none fails for it', async () => {
    const life = '--admission-certificate-life=90s';
    const replicas = [await stage.startWebhookReplica(life), await stage.startWebhookReplica(life)];
    await stage.awaitAdmission('default');
    const first = (await stored('tls.crt')) ?? 'none';
    const steps = () =>
      replicas.flatMap(({ addOn }) =>
        [...addOn.output().matchAll(/"step":"(make-next|serve-next|forget-previous)"/g)].map(
          ([, step]) => step,
        ),
      );
    await waitUntil({ what: 'the next one is stored', withinMs: 120_000 }, () =>
      steps().includes('make-next'),
    );
    const troubles: string[] = [];
    const until = performance.now() + 60_000;
    // Until the former one is no longer trusted.
    while (performance.now() < until && (await trusted()).includes(first)) {
      troubles.push(
        ...(await Promise.all([trouble(), trouble(), trouble()])).filter((one) => one !== undefined),
      );
    }
    expect(troubles).toEqual([]);
    const exchange = steps().slice(steps().indexOf('make-next'));
    expect(exchange.slice(0, 3)).toEqual(['make-next', 'serve-next', 'forget-previous']);
    expect(await trusted()).not.toContain(first);
    expect(await trusted()).toContain(await stored('tls.crt'));
    for (const replica of replicas) await stage.retire(replica);
  }, 300_000);

  it('that has ended while nobody was there is replaced by who comes next', async () => {
    const ended = (await stored('tls.crt')) ?? '';
    const endsAt = new X509Certificate(ended).validToDate.getTime();
    expect(await trouble()).toContain('failed calling webhook');
    // The system's own namespace is left out, so that the cluster can start without the add-on.
    const { status, text } = await createAccount(stage.admin, 'kube-system', 'of-the-system', true);
    expect({ status, text }).toEqual({
      status: 201,
      text: expect.not.stringContaining(pullSecretName) as string,
    });
    await delay(Math.max(endsAt - Date.now(), 0) + 1_000);
    const replica = await stage.startWebhookReplica();
    await waitUntil({ what: 'accounts are created again', withinMs: 60_000 }, async () => {
      return (await trouble()) === undefined;
    });
    expect(await stored('tls.crt')).not.toBe(ended);
    expect(await trusted()).not.toContain(ended);
    await stage.retire(replica);
  }, 240_000);

  it('of somebody else is served from its files, and whom to trust is left to them', async () => {
    const before = await stored('tls.crt');
    const own = await makeCertificate(['localhost'], Date.now(), 3_600_000);
    const [certificateFile, keyFile] = [join(directory, 'tls.crt'), join(directory, 'tls.key')];
    writeFileSync(certificateFile, own.certificatePem);
    writeFileSync(keyFile, own.privateKey.reveal(), { mode: 0o600 });
    const caBundle = Buffer.from(own.certificatePem).toString('base64');
    await stage.controlPlane.kubeConfig
      .makeApiClient(AdmissionregistrationV1Api)
      .patchMutatingWebhookConfiguration(
        {
          name: 'aliyun-acr-credential-helper',
          body: [{ op: 'replace', path: '/webhooks/0/clientConfig/caBundle', value: caBundle }],
        },
        setHeaderOptions('Content-Type', PatchStrategy.JsonPatch),
      );
    const replica = await stage.startWebhookReplica(
      `--admission-cert-file=${certificateFile}`,
      `--admission-key-file=${keyFile}`,
    );
    await waitUntil({ what: 'accounts are created', withinMs: 60_000 }, async () => {
      return (await trouble()) === undefined;
    });
    await waitUntil({ what: 'it leads', withinMs: 60_000 }, () =>
      replica.addOn.output().includes('became the leader'),
    );
    await delay(3_000);
    expect(await trusted()).toBe(own.certificatePem);
    expect(await stored('tls.crt')).toBe(before);
    await stage.retire(replica);
  }, 180_000);
});
