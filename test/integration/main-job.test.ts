import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeBundle } from '../../image/bundle.ts';
import type { AddOn, Command } from '../real-parts/add-on.ts';
import { makeDirectory } from '../real-parts/guardian.ts';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { pullAsAKubelet } from '../real-parts/pull-as-a-kubelet.ts';
import { waitUntil } from '../real-parts/wait-until.ts';
import {
  enterpriseEntry,
  enterpriseImage,
  personalEntry,
  personalImage,
  startStage,
  type Stage,
} from '../real-parts/stage.ts';

const configuration = {
  'acr-registry-info': enterpriseEntry + personalEntry,
  'watch-namespace': 'team-a,team-b',
  'service-account': 'default,builder',
};

const forms = ['from its sources', 'as one file'] as const;

async function commandFor(form: (typeof forms)[number]): Promise<{ readonly command?: Command }> {
  if (form === 'from its sources') return {};
  const { programFile } = await writeBundle(await makeDirectory('acr-bundle-'));
  return { command: [process.execPath, programFile] };
}

describe.each(forms)('the add-on, %s, on a real API server, with real registries', (form) => {
  let stage: Stage;
  let addOn: AddOn;

  beforeAll(async () => {
    stage = await startStage(await commandFor(form));
    for (const name of ['team-a', 'elsewhere']) await stage.kubectl.createNamespace(name);
    await stage.kubectl.createServiceAccount('team-a', {
      metadata: { name: 'builder' },
      imagePullSecrets: [{ name: 'mine' }, { name: 'theirs' }],
    });
    await Promise.all([stage.cloud.publish(enterpriseImage), stage.cloud.publish(personalImage)]);
    addOn = await stage.startReplica();
    await stage.kubectl.configure(configuration);
    await stage.kubectl.awaitDockerConfig('team-a');
  });

  afterAll(() => stage?.stop());

  it('puts a login for each domain of both editions into the pull secret', async () => {
    const secret = await stage.kubectl.pullSecret('team-a');
    expect(secret?.type).toBe('kubernetes.io/dockerconfigjson');
    const { auths } = JSON.parse((await stage.kubectl.dockerConfig('team-a')) ?? '') as { auths: object };
    expect(Object.keys(auths)).toEqual(
      expect.arrayContaining([
        'acme-registry.cn-hangzhou.cr.aliyuncs.com',
        'acme-registry-vpc.cn-hangzhou.cr.aliyuncs.com',
        'acme-registry-internal.cn-hangzhou.cr.aliyuncs.com',
        'images.acme.example',
        'registry.cn-hangzhou.aliyuncs.com',
        'registry-vpc.cn-hangzhou.aliyuncs.com',
      ]),
    );
  });

  it('attaches it to the chosen accounts, behind the entries of others', async () => {
    await stage.kubectl.awaitAttachment('team-a');
    expect(await stage.kubectl.pullSecretsOf('team-a', 'builder')).toEqual([
      'mine',
      'theirs',
      pullSecretName,
    ]);
  });

  it('leaves namespaces alone that are not watched', async () => {
    expect(await stage.kubectl.pullSecret('elsewhere')).toBeUndefined();
    expect(await stage.kubectl.pullSecretsOf('elsewhere')).toEqual([]);
  });

  it.each([enterpriseImage, personalImage])(
    'lets a real client pull %s with exactly its content',
    async (image) => {
      expect(await pullAsAKubelet(stage, 'team-a', image)).toEqual({ kind: 'pulled' });
      expect(await stage.cloud.pull(image, '{"auths":{}}')).toMatchObject({ kind: 'refused', status: 401 });
    },
  );

  it('serves a namespace that is created later, without asking the cloud', async () => {
    const before = await stage.cloud.mints();
    await stage.kubectl.createNamespace('team-b');
    await stage.kubectl.awaitDockerConfig('team-b');
    await stage.kubectl.awaitAttachment('team-b');
    // A renewal may fall into these milliseconds; one mint per instance at most.
    expect((await stage.cloud.mints()) - before).toBeLessThanOrEqual(2);
  });

  it('serves an account that is created later', async () => {
    await stage.kubectl.createServiceAccount('team-b', { metadata: { name: 'builder' } });
    await stage.kubectl.awaitAttachment('team-b', 'builder');
    expect(await stage.kubectl.pullSecretsOf('team-b', 'builder')).toEqual([pullSecretName]);
  });

  it('attaches again what somebody detached, and restores what somebody changed', async () => {
    await stage.kubectl.api.replaceNamespacedServiceAccount({
      namespace: 'team-b',
      name: 'builder',
      body: { metadata: { name: 'builder' }, imagePullSecrets: [{ name: 'mine' }] },
    });
    await waitUntil({ what: 'the account is attached again', withinMs: 10_000 }, async () =>
      (await stage.kubectl.pullSecretsOf('team-b', 'builder')).includes(pullSecretName),
    );
    expect(await stage.kubectl.pullSecretsOf('team-b', 'builder')).toEqual(['mine', pullSecretName]);
    await stage.kubectl.api.deleteNamespacedSecret({ namespace: 'team-b', name: pullSecretName });
    await stage.kubectl.awaitDockerConfig('team-b');
  });

  it('renews before the login expires, in place, and the new login pulls while the old one is refused', async () => {
    const former = await stage.kubectl.pullSecret('team-a');
    const formerConfig = await stage.kubectl.awaitDockerConfig('team-a');
    await stage.kubectl.awaitLongerLogin('team-a');
    expect((await stage.kubectl.pullSecret('team-a'))?.metadata?.uid).toBe(former?.metadata?.uid);
    expect(await pullAsAKubelet(stage, 'team-a', enterpriseImage)).toEqual({ kind: 'pulled' });
    await waitUntil({ what: 'the old login is refused', withinMs: 20_000 }, async () => {
      const outcome = await stage.cloud.pull(enterpriseImage, formerConfig);
      return outcome.kind === 'refused';
    });
    expect(await pullAsAKubelet(stage, 'team-a', enterpriseImage)).toEqual({ kind: 'pulled' });
  });

  it('follows a change of the configuration, and tidies what is no longer wanted', async () => {
    await stage.kubectl.configure({
      ...configuration,
      'watch-namespace': 'team-a',
      'service-account': 'default',
    });
    await waitUntil({ what: 'team-b is tidied', withinMs: 10_000 }, async () => {
      const accounts = ['default', 'builder'].map((name) => stage.kubectl.pullSecretsOf('team-b', name));
      const [first, second] = await Promise.all(accounts);
      const isDetached = !first?.includes(pullSecretName) && !second?.includes(pullSecretName);
      return isDetached && (await stage.kubectl.pullSecret('team-b')) === undefined;
    });
    expect(await stage.kubectl.pullSecretsOf('team-b', 'builder')).toEqual(['mine']);
    expect(await stage.kubectl.pullSecretsOf('team-a', 'builder')).toEqual(['mine', 'theirs']);
  });

  it('changes nothing when the configuration is broken or deleted', async () => {
    await stage.kubectl.configure({ 'acr-registry-info': '- instanceId: [', 'watch-namespace': 'team-b' });
    await waitUntil({ what: 'the error is logged', withinMs: 10_000 }, () =>
      addOn.output().includes('acr-registry-info'),
    );
    await stage.kubectl.deleteConfiguration();
    await waitUntil({ what: 'the deletion is logged', withinMs: 10_000 }, () =>
      addOn.output().includes('there is no ConfigMap with the configuration: the last good one stays'),
    );
    expect(await stage.kubectl.pullSecret('team-a')).toBeDefined();
    expect(await stage.kubectl.pullSecretsOf('team-a')).toContain(pullSecretName);
    expect(await stage.kubectl.pullSecret('team-b')).toBeUndefined();
  });

  it('stops at once and cleanly when it is asked to', async () => {
    expect(await addOn.stop()).toEqual({ exitCode: 0, signal: null });
  });
});
