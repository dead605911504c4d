import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../real-parts/free-port.ts';
import { operatorsCommand } from '../real-parts/operators-command.ts';
import { cloudEnvironment } from '../real-parts/registry-client.ts';
import { enterpriseEntry, personalEntry, startStage, type Stage } from '../real-parts/stage.ts';

const withKeyOf = (secret: string) => `${enterpriseEntry}  accessKeySecretRef: ${secret}\n`;

describe('plan --check-identity, before there is an add-on', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await startStage({ timeScale: 1 });
    for (const user of ['puller', 'stranger']) {
      await stage.kubectl.createSecret('kube-system', user, {
        'access-key-id': `SANDBOX${user.toUpperCase()}`,
        'access-key-secret': `sandbox-secret-of-${user}`,
      });
    }
  });

  afterAll(() => stage?.stop());

  async function check(entries: string, ...options: string[]) {
    await stage.kubectl.configure({ 'acr-registry-info': entries });
    const { controlPlane, cloud } = stage;
    return await operatorsCommand(
      [
        'plan',
        '--check-identity',
        `--kubeconfig=${controlPlane.kubeConfigFile}`,
        `--metadata-endpoint=${cloud.metadataUrl}`,
        ...options,
      ],
      cloudEnvironment(cloud),
    );
  }

  it('shows for each instance who got a login, for how long and where, and nothing of the login', async () => {
    const { exitCode, output } = await check(withKeyOf('puller') + personalEntry);
    expect(output).toMatch(
      /works: cri-sandbox00000001@cn-hangzhou: the access key in the Secret puller: a login for 60 min at \S*acme-registry/,
    );
    expect(output).toMatch(
      /works: personal@cn-hangzhou: the node’s RAM role: a login for \d+ min at registry/,
    );
    expect(output).toContain('; not shown: whether it may pull');
    expect(output).not.toMatch(/SANDBOXPULLER|sandbox-secret|cr_temp_user|"auths"/);
    expect(exitCode).toBe(0);
    expect(await stage.cloud.mints()).toBe(2);
  });

  it.each([
    [
      'has not the right',
      withKeyOf('stranger'),
      /fails: cri-\S+ the access key in the Secret stranger: \w+: .*NoPermission/,
    ],
    [
      'is not there',
      withKeyOf('nowhere'),
      /fails: cri-\S+ the access key in the Secret nowhere: ACCESS_KEY_MISSING/,
    ],
  ])('tells what keeps a login away where the identity %s', async (_, entries, told) => {
    const { exitCode, output } = await check(entries + personalEntry);
    expect(output).toMatch(told);
    expect(output).toContain('works: personal@cn-hangzhou');
    expect(exitCode).toBe(3);
  });

  it('says of a node’s role that only the add-on’s Pod can tell, where no metadata service answers', async () => {
    const nobody = `--metadata-endpoint=http://127.0.0.1:${await freePort()}`;
    const { exitCode, output } = await check(personalEntry, nobody);
    expect(output).toContain(
      'not checked: personal@cn-hangzhou: the node’s RAM role: only the add-on’s Pod can tell',
    );
    expect(exitCode).toBe(3);
  });

  it('counts an entry that is refused as one that has not proved to work', async () => {
    const { exitCode, output } = await check(`${personalEntry}- instanceId: nonsense\n`);
    expect(output).toContain('problem: acr-registry-info, entry 2, line 3: found instanceId "nonsense"');
    expect(exitCode).toBe(3);
  });

  it('gives programs the same findings as JSON', async () => {
    const { output } = await check(withKeyOf('stranger'), '--output=json');
    expect(JSON.parse(output)).toMatchObject({
      kind: 'planned',
      identities: [{ kind: 'fails', instance: 'cri-sandbox00000001@cn-hangzhou' }],
    });
  });

  it('has written nothing', async () => {
    const { items } = await stage.kubectl.api.listSecretForAllNamespaces();
    expect(items.map(({ metadata }) => metadata?.name).filter((name) => name?.startsWith('acr-'))).toEqual(
      [],
    );
  });
});
