import {
  AdmissionregistrationV1Api,
  CoordinationV1Api,
  KubeConfig,
  PatchStrategy,
  setHeaderOptions,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ApiCaller, type ApiAnswer } from '../real-parts/api-caller.ts';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { whyTooOld } from '../real-parts/served-admission.ts';
import { enterpriseEntry, startStage, type Stage } from '../real-parts/stage.ts';
import { installWebhook } from '../real-parts/webhook-registration.ts';
import { waitUntil } from '../real-parts/wait-until.ts';
import { secretPath } from './api-requests.ts';
import { beforeTheFirstStart, whileItRuns, type Escape } from './escapes.ts';
import { onRegistration } from './registration-escapes.ts';
import { ownTokens, withoutRight } from './forbidden-requests.ts';

const account = 'aliyun-acr-credential-helper';
const configuration = {
  'acr-registry-info': enterpriseEntry,
  'watch-namespace': 'served',
  'service-account': 'default,owned',
};

const refusedAs = (refusal: string) => ({ text: expect.stringContaining(refusal) as string });
/** Kubernetes 1.30 says nothing more where an apply would have created something; a policy gives its name. */
const refusedByRbac = { status: 403, text: expect.stringMatching(/is forbidden: (User|",)/) as string };
const patience = { timeout: 30_000, interval: 200 };

describe('whoever holds the add-on’s token', () => {
  let stage: Stage;
  let thief: ApiCaller;
  let whyNot: string | undefined;

  beforeAll(async () => {
    stage = await startStage({ timeScale: 1 });
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(await stage.controlPlane.addOnKubeConfig());
    thief = new ApiCaller(kubeConfig);
    whyNot = await whyTooOld(stage.controlPlane.kubeConfig);
    if (whyNot !== undefined) return;
    await stage.kubectl.createNamespace('bare');
    await installWebhook(stage.controlPlane.kubeConfig, 1, { podsWithOwnPullSecrets: 'attach' });
    await leaveForPods();
    await waitUntil({ what: 'the policies are enforced', withinMs: 30_000 }, async () => {
      const answers = await Promise.all([...beforeTheFirstStart, ...ownTokens, ...onRegistration].map(tried));
      return answers.every(({ status }) => status >= 400);
    });
  });

  afterAll(async () => {
    await thief?.close();
    await stage?.stop();
  });

  /** As the leader leaves the webhook for Pods. */
  async function leaveForPods(): Promise<void> {
    const terms = { failurePolicy: 'Ignore', timeoutSeconds: 2 };
    const steps = Object.entries(terms).map(([name, value]) => ({
      op: 'add',
      path: `/webhooks/1/${name}`,
      value,
    }));
    await stage.controlPlane.kubeConfig
      .makeApiClient(AdmissionregistrationV1Api)
      .patchMutatingWebhookConfiguration(
        { name: account, body: steps },
        setHeaderOptions('Content-Type', PatchStrategy.JsonPatch),
      );
  }

  beforeEach(({ skip }) => skip(whyNot !== undefined, whyNot));

  /** Carries nothing out, even where it would be allowed. */
  function tried([, , attempt]: Escape): Promise<ApiAnswer> {
    const path = `${attempt.path}${attempt.path.includes('?') ? '&' : '?'}dryRun=All`;
    return thief.call({ ...attempt, path });
  }

  it('meets policies in which the API server finds no mistake', async () => {
    const policies = stage.controlPlane.kubeConfig.makeApiClient(AdmissionregistrationV1Api);
    const ours = await waitUntil({ what: 'the policies are checked', withinMs: 30_000 }, async () => {
      const { items } = await policies.listValidatingAdmissionPolicy();
      const found = items.filter(({ metadata }) => metadata?.name?.startsWith(account));
      return found.every(({ status }) => status?.typeChecking !== undefined) && found;
    });
    expect(ours).toHaveLength(7);
    const warnings = ours.flatMap(({ status }) => status?.typeChecking?.expressionWarnings ?? []);
    // It checks Events of both groups, but a request is converted to the one that the policy names.
    expect(warnings.filter(({ warning }) => !warning.startsWith('events.k8s.io/v1,'))).toEqual([]);
  });

  it.each(beforeTheFirstStart)('does not get %s', async (_, refusal, attempt) => {
    expect(await thief.call(attempt)).toMatchObject(refusedAs(refusal));
  });
  it.each(ownTokens)('does not get %s', async (_, refusal, attempt) => {
    expect(await thief.call(attempt)).toMatchObject(refusedAs(refusal));
  });

  it.each(onRegistration)('does not get %s', async (_, refusal, attempt) => {
    expect(await thief.call(attempt)).toMatchObject(refusedAs(refusal));
  });

  describe('while the add-on runs', () => {
    beforeAll(async () => {
      if (whyNot !== undefined) return;
      const { kubectl } = stage;
      await kubectl.createNamespace('served');
      await kubectl.createServiceAccount('served', {
        metadata: { name: 'owned', annotations: { theirs: 'kept' } },
        imagePullSecrets: [{ name: 'one' }, { name: pullSecretName }, { name: 'two' }],
      });
      await kubectl.createSecret('served', 'theirs', { key: 'value' });
      await kubectl.api.createNamespacedEvent({
        namespace: 'served',
        body: {
          metadata: { name: 'theirs' },
          involvedObject: { kind: 'Namespace', name: 'served', namespace: 'served' },
          reason: 'Theirs',
          message: 'theirs',
        },
      });
      await kubectl.configure(configuration);
      await stage.startReplica();
      await kubectl.awaitDockerConfig('served');
      await kubectl.awaitAttachment('served');
    });

    it.each(whileItRuns)('does not get %s', async (_, refusal, attempt) => {
      expect(await thief.call(attempt)).toMatchObject(refusedAs(refusal));
    });
    it.each(withoutRight)('does not get %s', async (_, attempt) => {
      expect(await thief.call(attempt)).toMatchObject(refusedByRbac);
    });

    it('has changed nothing: the add-on goes on, and others find their things as they were', async () => {
      const { kubectl } = stage;
      const owned = await kubectl.api.readNamespacedServiceAccount({ namespace: 'served', name: 'owned' });
      expect(owned.imagePullSecrets).toEqual([{ name: 'one' }, { name: pullSecretName }, { name: 'two' }]);
      expect(owned.metadata?.annotations).toEqual({ theirs: 'kept' });
      await kubectl.api.deleteNamespacedSecret({ namespace: 'served', name: pullSecretName });
      await kubectl.awaitDockerConfig('served');
      expect(await thief.call({ method: 'GET', path: secretPath('served') })).toMatchObject({ status: 403 });
    });
  });

  it('is kept from it by the policies: without them RBAC alone would let it happen', async () => {
    const { kubeConfig } = stage.controlPlane;
    for (const replica of stage.replicas) await replica.stop();
    const policies = kubeConfig.makeApiClient(AdmissionregistrationV1Api);
    const { items } = await policies.listValidatingAdmissionPolicyBinding();
    for (const { metadata } of items) {
      const name = metadata?.name ?? '';
      if (name.startsWith(account)) await policies.deleteValidatingAdmissionPolicyBinding({ name });
    }
    await expect
      .poll(() => refusedOf([...whileItRuns, ...ownTokens, ...onRegistration]), patience)
      .toEqual([]);
    const inKubeSystem = { namespace: 'kube-system' };
    for (const name of ['acr-credential-helper-state', 'acr-compiled-scope'])
      await stage.kubectl.api.deleteNamespacedSecret({ ...inKubeSystem, name });
    await kubeConfig
      .makeApiClient(CoordinationV1Api)
      .deleteNamespacedLease({ ...inKubeSystem, name: account });
    await expect.poll(() => refusedOf(beforeTheFirstStart), patience).toEqual([]);
  });

  async function refusedOf(escapes: readonly Escape[]): Promise<string[]> {
    const answers = await Promise.all(escapes.map(async (one) => ({ what: one[0], ...(await tried(one)) })));
    return answers.filter(({ status }) => status >= 300).map(({ what, text }) => `${what}: ${text}`);
  }
});
