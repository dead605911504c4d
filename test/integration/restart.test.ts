import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AddOn } from '../real-parts/add-on.ts';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { enterpriseEntry, personalEntry, startStage, type Stage } from '../real-parts/stage.ts';
import { waitUntil } from '../real-parts/wait-until.ts';

const stateSecretName = 'acr-credential-helper-state';
const watched = 'team-a,team-b,later-*';
const configuration = { 'acr-registry-info': enterpriseEntry + personalEntry, 'watch-namespace': watched };

describe('a restart', () => {
  let stage: Stage;
  let addOn: AddOn;

  beforeAll(async () => {
    // Life-size lifetimes: the logins are good for the whole test.
    stage = await startStage({ timeScale: 1 });
    for (const name of ['team-a', 'team-b']) await stage.kubectl.createNamespace(name);
    await stage.kubectl.configure(configuration);
    addOn = await stage.startReplica();
    for (const name of ['team-a', 'team-b']) await stage.kubectl.awaitDockerConfig(name);
  });

  afterAll(() => stage?.stop());
  afterEach(() => stage.cloud.clearFaults());

  /** Gracefully, so that the next one need not wait for the lease; `meanwhile` happens while none runs. */
  async function restart(meanwhile: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    await addOn.stop();
    await meanwhile();
    addOn = await stage.startReplica();
    await waitUntil({ what: 'it leads again', withinMs: 20_000 }, () =>
      addOn.output().includes('became the leader'),
    );
  }

  async function cloudDown(): Promise<void> {
    for (const service of ['container-registry', 'metadata'] as const) {
      await stage.cloud.setFault({ service, kind: 'reset' });
    }
  }

  /** All logins of a namespace's pull secret, by host. */
  async function authsOf(namespace: string): Promise<Record<string, unknown>> {
    const config = JSON.parse(await stage.kubectl.awaitDockerConfig(namespace)) as {
      auths: Record<string, unknown>;
    };
    return config.auths;
  }

  it('asks the cloud for nothing and changes nothing while the logins are good, also with the cloud down', async () => {
    const before = await stage.kubectl.pullSecret('team-a');
    const { counts } = await stage.cloud.calls();
    await restart(cloudDown);
    await stage.kubectl.createNamespace('later-1');
    expect(await authsOf('later-1')).toEqual(await authsOf('team-a'));
    expect((await stage.kubectl.pullSecret('team-a'))?.metadata).toEqual(before?.metadata);
    expect((await stage.cloud.calls()).counts).toEqual(counts);
    expect(addOn.output()).not.toContain('could not');
  });

  it('takes nothing from Secrets that a tenant has forged, and restores the forged pull secret', async () => {
    const auths = await authsOf('team-b');
    const [host = ''] = Object.keys(auths);
    const forged = JSON.stringify({
      auths: { [host]: { auth: Buffer.from('evil:twin').toString('base64') } },
    });
    const state = await stage.kubectl.api.readNamespacedSecret({
      namespace: 'kube-system',
      name: stateSecretName,
    });
    await restart(async () => {
      const logins = JSON.stringify([
        { instanceKey: 'cri-sandbox00000001@cn-hangzhou', mintedFor: '', userName: 'evil', token: 'twin' },
      ]);
      const settings = Buffer.from(state.data?.['settings'] ?? '', 'base64').toString('utf8');
      await stage.kubectl.createSecret('team-a', stateSecretName, { logins, settings });
      const { metadata = {}, type = '' } = (await stage.kubectl.pullSecret('team-a')) ?? {};
      await stage.kubectl.api.replaceNamespacedSecret({
        namespace: 'team-a',
        name: pullSecretName,
        body: { metadata, type, data: { '.dockerconfigjson': Buffer.from(forged).toString('base64') } },
      });
    });
    await stage.kubectl.awaitDockerConfig('team-a', forged);
    await stage.kubectl.createNamespace('later-2');
    for (const namespace of ['team-a', 'team-b', 'later-2']) expect(await authsOf(namespace)).toEqual(auths);
  });

  it.each([
    ['was broken', () => stage.kubectl.configure({ 'acr-registry-info': '- instanceId: [' })],
    ['was emptied', () => stage.kubectl.configure({})],
    ['was deleted', () => stage.kubectl.deleteConfiguration()],
  ] as const)('serves on by the last good configuration where the ConfigMap %s', async (how, spoil) => {
    const auths = await authsOf('team-a');
    await restart(spoil);
    const namespace = `later-${how.replace(' ', '-')}`;
    await stage.kubectl.createNamespace(namespace);
    expect(await authsOf(namespace)).toEqual(auths);
    await stage.kubectl.awaitAttachment(namespace);
    expect(addOn.output()).toContain('the last good one stays in force');
  });

  it('follows a change that was made while no replica was running', async () => {
    await restart(() => stage.kubectl.configure({ ...configuration, 'watch-namespace': 'team-a,later-*' }));
    await waitUntil(
      { what: 'team-b has no Secret', withinMs: 10_000 },
      async () => (await stage.kubectl.pullSecret('team-b')) === undefined,
    );
    expect(await stage.kubectl.pullSecretsOf('team-b')).toEqual([]);
  });

  it('mints only for an entry that was changed meanwhile', async () => {
    const before = await stage.cloud.mints();
    const personal = `${personalEntry}  domains: registry.cn-hangzhou.aliyuncs.com\n`;
    await restart(() =>
      stage.kubectl.configure({ ...configuration, 'acr-registry-info': enterpriseEntry + personal }),
    );
    await waitUntil({ what: 'the domains are followed', withinMs: 10_000 }, async () => {
      return !('registry-vpc.cn-hangzhou.aliyuncs.com' in (await authsOf('team-a')));
    });
    expect((await stage.cloud.mints()) - before).toBe(1);
  });
});
