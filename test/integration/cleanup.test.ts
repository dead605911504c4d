import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdmissionregistrationV1Api, CoordinationV1Api } from '@kubernetes/client-node';
import { admissionPolicyObjects, applyObjects, noAdmissionPolicies } from '../real-parts/admission-policy.ts';
import type { AddOn } from '../real-parts/add-on.ts';
import { startFaultProxy, type FaultProxy } from '../real-parts/fault-proxy.ts';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { operatorsCommand } from '../real-parts/operators-command.ts';
import { whyTooOld } from '../real-parts/served-admission.ts';
import { enterpriseEntry, startStage, type Stage } from '../real-parts/stage.ts';
import { waitUntil } from '../real-parts/wait-until.ts';

const teams = ['team-a', 'team-b', 'team-c', 'team-d'];
const configuration = {
  'acr-registry-info': enterpriseEntry,
  'watch-namespace': 'team-*',
  'service-account': 'default,builder',
};

describe('cleanup, on a real API server', () => {
  let stage: Stage;
  let addOn: AddOn;
  let proxy: FaultProxy;
  let hasPolicies: boolean;

  beforeAll(async () => {
    stage = await startStage({ timeScale: 1 });
    proxy = await startFaultProxy(stage.controlPlane.kubeConfigFile);
    hasPolicies = (await whyTooOld(stage.controlPlane.kubeConfig)) === undefined;
    for (const name of [...teams, 'elsewhere']) {
      await stage.kubectl.createNamespace(name);
      await stage.kubectl.createServiceAccount(name, {
        metadata: { name: 'builder' },
        imagePullSecrets: [{ name: 'mine' }, { name: 'theirs' }],
      });
      await stage.kubectl.createServiceAccount(name, {
        metadata: { name: 'own' },
        imagePullSecrets: [{ name: pullSecretName }],
      });
    }
    await stage.kubectl.createSecret('team-a', 'mine', { key: 'value' });
    await stage.kubectl.createSecret('elsewhere', pullSecretName, { key: 'value' });
    await stage.kubectl.configure(configuration);
    addOn = await stage.startReplica();
    for (const name of teams) {
      await stage.kubectl.awaitDockerConfig(name);
      await stage.kubectl.awaitAttachment(name, 'builder');
      await stage.kubectl.awaitAttachment(name);
    }
  });

  afterAll(async () => {
    await stage?.stop();
    await proxy?.stop();
  });

  const cleanup = (...options: string[]) =>
    operatorsCommand(['cleanup', `--kubeconfig=${proxy.kubeConfigFile}`, '--wait=20s', ...options]);

  /** What of the add-on's is there, by what a user could see. */
  async function traces(): Promise<string[]> {
    const { api } = stage.kubectl;
    const leases = stage.controlPlane.kubeConfig.makeApiClient(CoordinationV1Api);
    const admission = stage.controlPlane.kubeConfig.makeApiClient(AdmissionregistrationV1Api);
    const ofKubeSystem = { namespace: 'kube-system' };
    const lists = await Promise.all([
      api.listSecretForAllNamespaces(),
      api.listConfigMapForAllNamespaces(),
      leases.listNamespacedLease(ofKubeSystem),
      ...(hasPolicies
        ? [admission.listValidatingAdmissionPolicy(), admission.listValidatingAdmissionPolicyBinding()]
        : []),
    ]);
    const named = lists
      .flatMap((list): { metadata?: { namespace?: string; name?: string } }[] => list.items)
      .map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`)
      .filter((name) => /acr-(credential|scope)/.test(name));
    const accounts = await api.listServiceAccountForAllNamespaces();
    const attached = accounts.items
      .filter((one) => one.imagePullSecrets?.some(({ name }) => name === pullSecretName))
      .map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`);
    return [...named, ...attached].toSorted();
  }

  const usersOwn = [
    `elsewhere/${pullSecretName}`,
    ...['elsewhere', ...teams].map((namespace) => `${namespace}/own`),
  ].toSorted();

  it('refuses while a leader would put back what it removes, naming it and how to stop it', async () => {
    const before = await traces();
    expect(before).toContain(`team-a/${pullSecretName}`);
    expect(before.includes('undefined/aliyun-acr-credential-helper-secrets')).toBe(hasPolicies);
    const { exitCode, output } = await cleanup('--wait=3s');
    expect(exitCode).toBe(1);
    expect(output).toMatch(
      /ADD_ON_RUNNING: \S+ still holds the Lease kube-system\/aliyun-acr-credential-helper/,
    );
    expect(output).toContain('scale deployment aliyun-acr-credential-helper --replicas=0');
    expect(await traces()).toEqual(before);
  });

  it('leaves no webhook without a server behind where it cannot stop the add-on', async () => {
    const admission = stage.controlPlane.kubeConfig.makeApiClient(AdmissionregistrationV1Api);
    const body = { metadata: { name: 'aliyun-acr-credential-helper' } };
    await admission.createMutatingWebhookConfiguration({ body });
    const before = await traces();
    const { exitCode, output } = await cleanup('--wait=3s', '--scale-down=aliyun-acr-credential-helper');
    expect(exitCode).toBe(1);
    expect(output).toContain('ADD_ON_RUNNING');
    expect((await admission.listMutatingWebhookConfiguration()).items).toEqual([]);
    expect(await traces()).toEqual(before);
  });

  it('says beforehand what it would remove, and removes nothing', async () => {
    const before = await traces();
    const { exitCode, output } = await cleanup('--dry-run');
    expect(exitCode).toBe(0);
    for (const line of ['- detach team-a/builder', '- remove pull secret in team-d', 'team-b/own']) {
      expect(output).toContain(line);
    }
    expect(await traces()).toEqual(before);
  });

  it('goes on where the API server refuses, and says what is left and how to remove it', async () => {
    await addOn.stop();
    proxy.answer({ status: 403 }, ({ method, path }) => {
      const isOfTeamA = method === 'PATCH' && path.includes('/team-a/serviceaccounts/builder');
      const isOfTeamB = method === 'DELETE' && path.includes('/team-b/secrets/');
      return isOfTeamA || isOfTeamB;
    });
    const { exitCode, output } = await cleanup();
    proxy.heal();
    expect(exitCode).toBe(1);
    expect(output).toMatch(/left: attachment team-a\/builder: KUBERNETES_\w+/);
    expect(output).toContain(`left: Secret team-a/${pullSecretName}: it holds the record`);
    expect(output).toMatch(new RegExp(`left: Secret team-b/${pullSecretName}: KUBERNETES_`));
    expect(output).toContain(`kubectl -n team-b delete secret ${pullSecretName}`);
    const left = (await traces()).filter((each) => !usersOwn.includes(each));
    expect(left).toEqual([`team-a/${pullSecretName}`, 'team-a/builder', `team-b/${pullSecretName}`]);
    const patch = /kubectl -n team-a patch serviceaccount builder --type=json -p '(.*)'/.exec(output)?.[1];
    expect(JSON.parse(patch ?? '')).toEqual([
      { op: 'test', path: '/imagePullSecrets', value: ['mine', 'theirs', pullSecretName].map(named) },
      { op: 'replace', path: '/imagePullSecrets', value: ['mine', 'theirs'].map(named) },
    ]);
  });

  it.each([409, 500, 429])(
    'tries again what was refused for a moment (%i), and has nothing left',
    async (status) => {
      const replica = await stage.startReplica();
      await waitUntil({ what: 'all is back', withinMs: 20_000 }, async () => {
        const attached = await Promise.all(teams.map((name) => stage.kubectl.pullSecretsOf(name)));
        return attached.every((names) => names.includes(pullSecretName));
      });
      await replica.stop();
      const struck = new Set<string>();
      proxy.answer({ status, ...(status === 429 ? { retryAfterSeconds: 1 } : {}) }, ({ method, path }) => {
        const request = `${method} ${path}`;
        const isFirst = !struck.has(request);
        struck.add(request);
        return isFirst && !path.includes('/leases/');
      });
      const { exitCode, output } = await cleanup();
      proxy.heal();
      expect(output).toContain('Nothing is left of what the add-on made.');
      expect(exitCode).toBe(0);
      expect(await traces()).toEqual(usersOwn);
      for (const name of teams) {
        expect(await stage.kubectl.pullSecretsOf(name, 'builder')).toEqual(['mine', 'theirs']);
        expect(await stage.kubectl.pullSecretsOf(name)).toEqual([]);
      }
    },
  );

  it('has nothing to do where all is gone, and leaves what others own', async () => {
    const { exitCode, output } = await cleanup();
    expect(exitCode).toBe(0);
    expect(output).toContain('Removed: 0 attachments, 0 pull secrets');
    expect(await traces()).toEqual(usersOwn);
    expect(
      (await stage.kubectl.api.readNamespacedSecret({ namespace: 'team-a', name: 'mine' })).data,
    ).toBeDefined();
    const { data } = await stage.kubectl.api.readNamespacedConfigMap({
      namespace: 'kube-system',
      name: 'acr-configuration',
    });
    expect(data).toEqual(configuration);
  });

  it('takes the admission policy first, which would attach again what is detached', async ({ skip }) => {
    const { kubeConfig } = stage.controlPlane;
    const why = await noAdmissionPolicies(kubeConfig);
    skip(why !== undefined, why);
    await applyObjects(kubeConfig, admissionPolicyObjects());
    const replica = await stage.startReplica();
    await waitUntil({ what: 'all is back', withinMs: 20_000 }, async () => {
      const attached = await Promise.all(teams.map((name) => stage.kubectl.pullSecretsOf(name)));
      return attached.every((names) => names.includes(pullSecretName));
    });
    await waitUntil({ what: 'the policy attaches', withinMs: 20_000 }, async () => {
      const tried = await stage.kubectl.api.replaceNamespacedServiceAccount({
        namespace: 'team-a',
        name: 'builder',
        body: { metadata: { name: 'builder' } },
        dryRun: 'All',
      });
      return tried.imagePullSecrets !== undefined;
    });
    await replica.stop();
    const { exitCode, output } = await cleanup();
    expect(output).toContain('Nothing is left of what the add-on made.');
    expect(exitCode).toBe(0);
    expect(await traces()).toEqual(usersOwn);
    const policies = kubeConfig.makeApiClient(AdmissionregistrationV1Api);
    expect((await policies.listMutatingAdmissionPolicy()).items).toEqual([]);
    expect((await policies.listMutatingAdmissionPolicyBinding()).items).toEqual([]);
  });
});

function named(name: string): { name: string } {
  return { name };
}
