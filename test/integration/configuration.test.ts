import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AddOn } from '../real-parts/add-on.ts';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { enterpriseEntry, personalEntry, startStage, type Stage } from '../real-parts/stage.ts';
import { waitUntil } from '../real-parts/wait-until.ts';

const entries = [{ instanceId: 'cri-sandbox00000001', regionId: 'cn-hangzhou' }, { regionId: 'cn-hangzhou' }];

describe('the configuration, on a real API server', () => {
  let stage: Stage;
  let addOn: AddOn;

  beforeAll(async () => {
    stage = await startStage();
    for (const name of ['team-test', 'elsewhere', 'shop', 'team-a'])
      await stage.kubectl.createNamespace(name);
    for (const name of ['ci-runner', 'builder'])
      await stage.kubectl.createServiceAccount('team-a', { metadata: { name } });
    await label('shop', 'prod');
    addOn = await stage.startReplica();
  });

  afterAll(() => stage?.stop());

  async function label(name: string, env: string): Promise<void> {
    const body = await stage.kubectl.api.readNamespace({ name });
    Object.assign(body.metadata?.labels ?? {}, { env });
    await stage.kubectl.api.replaceNamespace({ name, body });
  }

  async function awaitTidy(namespace: string): Promise<void> {
    await waitUntil({ what: `${namespace} is tidied`, withinMs: 20_000 }, async () => {
      const isAttached = (await stage.kubectl.pullSecretsOf(namespace)).includes(pullSecretName);
      return !isAttached && (await stage.kubectl.pullSecret(namespace)) === undefined;
    });
  }

  it('is read from the console’s JSON, whose patterns, labels and exclusions choose who is served', async () => {
    const config = {
      AcrInstanceInfo: entries,
      enableRRSA: false,
      watchNamespace: 'team-*, label:env=prod,, !*-test',
      serviceAccount: '*,!ci-*',
      expiringThreshold: '15m',
    };
    await stage.kubectl.configure({ config: JSON.stringify(config, null, 2) });
    for (const namespace of ['team-a', 'shop']) await stage.kubectl.awaitDockerConfig(namespace);
    await stage.kubectl.awaitAttachment('team-a', 'builder');
    await stage.kubectl.awaitAttachment('shop');
    expect(await stage.kubectl.pullSecretsOf('team-a', 'ci-runner')).toEqual([]);
    for (const namespace of ['team-test', 'elsewhere'])
      expect(await stage.kubectl.pullSecret(namespace)).toBeUndefined();
  });

  it('serves a namespace as soon as it gets the label, and leaves it when the label changes', async () => {
    await label('elsewhere', 'prod');
    await stage.kubectl.awaitDockerConfig('elsewhere');
    await stage.kubectl.awaitAttachment('elsewhere');
    await label('elsewhere', 'test');
    await awaitTidy('elsewhere');
    expect(await stage.kubectl.pullSecret('shop')).toBeDefined();
  });

  it('may take in every namespace, the system’s too, and warns what to write instead', async () => {
    const everything = { 'acr-registry-info': enterpriseEntry + personalEntry, 'watch-namespace': 'all' };
    await stage.kubectl.configure(everything);
    for (const namespace of ['elsewhere', 'team-test', 'kube-system'])
      await stage.kubectl.awaitDockerConfig(namespace);
    expect(addOn.output()).toContain('watch-namespace takes in kube-system');
    expect(addOn.output()).toContain('leave it out, as in all,!kube-system');
    await stage.kubectl.configure({ ...everything, 'watch-namespace': 'all,!kube-system' });
    await awaitTidy('kube-system');
    expect(await stage.kubectl.pullSecret('elsewhere')).toBeDefined();
  });

  it('says of a bad entry where it is and what to write, and keeps the others and its login in force', async () => {
    const broken = '- instanceId: cri-sandbox00000001\n  regionId: Hangzhou\n';
    await stage.kubectl.configure({
      'acr-registry-info': personalEntry + broken,
      'watch-namespace': 'all,!kube-system,!shop',
    });
    await awaitTidy('shop');
    expect(addOn.output()).toContain(
      'acr-registry-info, entry 2, line 4: found regionId \\"Hangzhou\\"; write a region id such as cn-hangzhou',
    );
    const config = await stage.kubectl.awaitDockerConfig('team-a');
    const renewed = await stage.kubectl.awaitDockerConfig('team-a', config);
    expect(renewed).toContain('acme-registry.cn-hangzhou.cr.aliyuncs.com');
    expect(renewed).toContain('registry.cn-hangzhou.aliyuncs.com');
  });

  it('of two forms of one key is refused, naming both, and changes nothing', async () => {
    await stage.kubectl.configure({
      'acr-registry-info': personalEntry,
      'watch-namespace': 'shop',
      watchNamespace: 'all',
    });
    await waitUntil({ what: 'the error is logged', withinMs: 10_000 }, () =>
      addOn.output().includes('remove watchNamespace or watch-namespace'),
    );
    expect(await stage.kubectl.pullSecret('team-a')).toBeDefined();
    expect(await stage.kubectl.pullSecret('shop')).toBeUndefined();
  });
});
