import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { brokenOfficialSamples } from '../../src/settings/broken-official-samples.ts';
import type { AddOn } from '../real-parts/add-on.ts';
import { makeDirectory, removeDirectory } from '../real-parts/guardian.ts';
import { enterpriseEntry, personalEntry, startStage, type Stage } from '../real-parts/stage.ts';
import { noControlOfCluster } from '../real-parts/users-cluster.ts';
import { waitUntil } from '../real-parts/wait-until.ts';

/** Sorted, as all lists of hosts here. */
const enterpriseHosts = [...hostsOfInstance('acme'), 'images.acme.example'];
const hostsOfBoth = [...enterpriseHosts, ...hostsOfInstance('zeta')];
const personalHosts = ['-internal', '-intl-vpc', '-intl', '-vpc', ''].map(
  (network) => `registry${network}.cn-hangzhou.aliyuncs.com`,
);

function hostsOfInstance(name: string): string[] {
  return ['-internal', '-vpc', ''].map((network) => `${name}-registry${network}.cn-hangzhou.cr.aliyuncs.com`);
}

const patience = { timeout: 20_000, interval: 50 };

const secondEntry = '- instanceId: cri-sandbox00000002\n  regionId: cn-hangzhou\n';
const ownKey = '  accessKeySecretRef: alibaba-addon-secret\n';
const watched = { 'watch-namespace': 'team-*' };

const exampleWorld = fileURLToPath(new URL('../../sandbox/world/example.yaml', import.meta.url));

/** The example world with one more Enterprise instance of the same account. */
function worldOfTwo(): string {
  const world = parseDocument(readFileSync(exampleWorld, 'utf8'));
  const second = {
    edition: 'enterprise',
    id: 'cri-sandbox00000002',
    name: 'zeta',
    account: '1000000000000001',
    regionId: 'cn-hangzhou',
    specification: 'Enterprise_Advanced',
    endpoints: { internet: {}, vpc: { linkedVpcs: ['vpc-sandbox00000001'] } },
    backend: 'http://127.0.0.1:5003',
  };
  world.addIn(['instances'], world.createNode(second));
  return world.toString();
}

/** Samples of the official pages that can be used, mistakes kept, and the namespace and hosts they serve. */
const samples = {
  'the shell that the add-on is installed with': [
    {
      'acr-api-version': '2018-12-01',
      'acr-registry-info': '# - instanceId: ""\n#   regionId: "cn-hangzhou"\n#   domains: ""\n',
      'expiring-threshold': '15m',
      'notify-email': 'cs@aliyuncs.com',
      'service-account': 'Default',
      'watch-namespace': 'Default',
    },
    'default',
    personalHosts,
  ],
  'domains in quotes side by side, which is no YAML': [
    {
      ...watched,
      'acr-registry-info':
        '- instanceId: "cri-sandbox00000001"\n  regionId: "cn-hangzhou"\n  domains: "a.example","b.example"\n',
    },
    'team-a',
    ['a.example', 'b.example'],
  ],
  'several ids in one entry, an id’s name in capitals, and the API version of old manifests': [
    {
      ...watched,
      'acr-api-version': 'v1',
      'acr-registry-info':
        '- InstanceId: "cri-sandbox00000001,cri-sandbox00000002"\n  expireDuration: 3600\n',
    },
    'team-a',
    hostsOfBoth,
  ],
} as const;

describe('each setting, on a real API server', () => {
  let stage: Stage;
  let addOn: AddOn;
  let directory: string;

  beforeAll(async () => {
    directory = await makeDirectory('acr-settings-');
    const worldFile = join(directory, 'world.yaml');
    writeFileSync(worldFile, worldOfTwo());
    // The hour of an access key's login passes in 8 s, the six hours of a node role's in 48 s.
    stage = await startStage({ timeScale: 450, worldFile });
    await stage.kubectl.createNamespace('team-a');
    await stage.kubectl.createSecret('kube-system', 'alibaba-addon-secret', {
      'access-key-id': 'SANDBOXPULLER',
      'access-key-secret': 'sandbox-secret-of-puller',
    });
    addOn = await stage.startReplica();
  });

  afterAll(async () => {
    await stage?.stop();
    await removeDirectory(directory);
  });

  /** The hosts that a namespace has logins for, to be asked for until they are as they should be. */
  function hostsOf(namespace: string): () => Promise<string[]> {
    return async () => {
      const text = (await stage.kubectl.dockerConfig(namespace)) ?? '{"auths":{}}';
      return Object.keys((JSON.parse(text) as { auths: object }).auths).toSorted();
    };
  }

  /** What our Events on the ConfigMap say that hold this text. */
  async function told(reason: string, text: string): Promise<string[]> {
    const { items } = await stage.kubectl.api.listNamespacedEvent({
      namespace: 'kube-system',
      fieldSelector: `reason=${reason},involvedObject.name=acr-configuration`,
    });
    return items.flatMap(({ message = '' }) => (message.includes(text) ? message : []));
  }

  async function awaitTold(reason: string, text: string): Promise<void> {
    await waitUntil({ what: `an Event ${reason}: ${text}`, withinMs: 15_000 }, async () => {
      return (await told(reason, text)).length > 0;
    });
  }

  async function mintTimes(): Promise<number[]> {
    const { recent } = await stage.cloud.calls();
    return recent.flatMap(({ action, outcome, atMs }) =>
      action === 'GetAuthorizationToken' && outcome === 'ok' ? atMs : [],
    );
  }

  async function awaitMint(number: number): Promise<number> {
    return await waitUntil({ what: `mint ${number}`, withinMs: 15_000 }, async () => {
      return (await mintTimes())[number - 1];
    });
  }

  it('expiring-threshold says when to renew, and a changed one moves a renewal that is already planned', async () => {
    const configuration = { ...watched, 'acr-registry-info': enterpriseEntry + ownKey };
    await stage.kubectl.configure({ ...configuration, 'expiring-threshold': '1s' });
    const first = await awaitMint(1);
    const second = await awaitMint(2);
    // A second before the end of 8 s, less a jitter of 5 %; the default comes to half of them.
    expect(second - first).toBeGreaterThanOrEqual(6_600);
    await stage.kubectl.configure({ ...configuration, 'expiring-threshold': '15m' });
    expect((await awaitMint(3)) - second).toBeLessThan(6_000);
  });

  it('with rrsa on, a Personal entry with a role and a role that nobody names fail, and an access key serves', async () => {
    const role = '  assumeRoleARN: "acs:ram::1000000000000001:role/a"\n';
    await stage.kubectl.createNamespace('rrsa');
    await stage.kubectl.configure({
      'watch-namespace': 'team-*,rrsa',
      rrsa: 'enable: true',
      'acr-registry-info': enterpriseEntry + ownKey + secondEntry + personalEntry + role,
    });
    await awaitTold(
      'ConfigurationProblem',
      'acr-registry-info, entry 3, line 8: found assumeRoleARN in an entry of Personal Edition; remove the role',
    );
    await awaitTold(
      'LoginNotMinted',
      'the entry leaves its RRSA role to the Pod’s variables, and they name none',
    );
    await expect.poll(hostsOf('rrsa'), patience).toEqual(enterpriseHosts);
  });

  it('expireDuration out of its range is refused with the range, and the other entries are served', async () => {
    await stage.kubectl.configure({
      ...watched,
      'acr-registry-info': `${secondEntry}  expireDuration: 3599\n${personalEntry}  expireDuration: 43200\n`,
    });
    await awaitTold(
      'ConfigurationProblem',
      'acr-registry-info, entry 1, line 3: found expireDuration "3599"; write whole seconds from 3600 to 43200',
    );
    await expect.poll(hostsOf('team-a'), patience).toEqual(personalHosts);
  });

  it('instanceId may hold several ids, each of which is served', async () => {
    await stage.kubectl.configure({
      ...watched,
      'acr-registry-info':
        '- instanceId: "cri-sandbox00000001 ,, cri-sandbox00000002"\n  regionId: cn-hangzhou\n',
    });
    await expect.poll(hostsOf('team-a'), patience).toEqual(hostsOfBoth);
  });

  it.each(Object.entries(samples))(
    'serves a sample of the official pages: %s',
    async (_, [data, namespace, hosts]) => {
      await stage.kubectl.configure(data);
      await expect.poll(hostsOf(namespace), patience).toEqual(hosts);
      await stage.kubectl.awaitAttachment(namespace);
    },
  );

  it.each(Object.entries(brokenOfficialSamples))(
    'says where a broken sample of the official pages is to be mended, and keeps what is in force: %s',
    async (_, [data, text = '']) => {
      const before = await stage.kubectl.pullSecret('team-a');
      await stage.kubectl.configure({ ...data });
      await awaitTold('ConfigurationProblem', text);
      await awaitTold('ConfigurationRefused', 'the last good one stays in force');
      expect((await stage.kubectl.pullSecret('team-a'))?.metadata?.uid).toBe(before?.metadata?.uid);
      await expect.poll(hostsOf('team-a'), patience).toEqual(hostsOfBoth);
    },
  );

  it('of an unknown key tells once, with the name that is nearest, however often it is read', async () => {
    const configuration = { ...watched, 'acr-registry-info': enterpriseEntry };
    const stray = '"expiring-treshold" is no known key and is ignored; did you mean expiring-threshold?';
    const readings = () => addOn.output().split(JSON.stringify(stray).slice(1, -1)).length - 1;
    for (const count of [1, 2, 3]) {
      await stage.kubectl.configure(
        { ...configuration, 'expiring-treshold': '10m' },
        { reading: String(count) },
      );
      await waitUntil({ what: `reading ${count}`, withinMs: 10_000 }, () => readings() === count);
    }
    // Events go out in the order in which they came up, so that no further one is on its way.
    await stage.kubectl.configure({ ...configuration, 'notify-mail': 'a@b.example' });
    await awaitTold('ConfigurationNotice', '"notify-mail" is no known key');
    expect(await told('ConfigurationNotice', 'expiring-treshold')).toEqual([stray]);
  });

  it('emptied while the add-on runs, they change nothing: all that was in force goes on', async () => {
    await expect.poll(hostsOf('team-a'), patience).toEqual(enterpriseHosts);
    const before = await stage.kubectl.pullSecret('team-a');
    await stage.kubectl.configure({});
    await awaitTold('ConfigurationNotice', 'the ConfigMap is empty: the last good one stays in force');
    await stage.kubectl.createNamespace('team-new');
    await expect.poll(hostsOf('team-new'), patience).toEqual(enterpriseHosts);
    expect((await stage.kubectl.pullSecret('team-a'))?.metadata?.uid).toBe(before?.metadata?.uid);
    await stage.kubectl.awaitAttachment('team-a');
  });

  describe.skipIf(noControlOfCluster !== undefined)(
    'regionId, where it is left out, is the cluster’s',
    () => {
      const withoutRegion = { ...watched, 'acr-registry-info': '- instanceId: ""\n' };
      const regionLabel = 'topology.kubernetes.io/region';

      it('from the metadata service, where no node says it', async () => {
        expect((await stage.kubectl.api.listNode({ labelSelector: regionLabel })).items).toEqual([]);
        await stage.kubectl.configure(withoutRegion);
        await expect.poll(hostsOf('team-a'), patience).toEqual(personalHosts);
      });

      it('from neither: the entry is not served, and an Event names --region and both sources', async () => {
        await addOn.stop();
        await stage.cloud.setFault({ service: 'metadata', kind: 'error', action: 'region-id' });
        await stage.kubectl.configure({
          ...watched,
          'acr-registry-info': '- instanceId: cri-sandbox00000001\n',
        });
        addOn = await stage.startReplica();
        await awaitTold(
          'LoginNotMinted',
          'REGION_UNKNOWN: the entry has no regionId and the cluster’s region is not known; set regionId or the flag ' +
            `--region. Nodes: none has the label ${regionLabel}. Metadata service: `,
        );
        expect(addOn.output()).not.toContain('minted a registry login');
      });

      it('from the label of a node, once there is one', async () => {
        const labels = { [regionLabel]: 'cn-hangzhou' };
        await stage.kubectl.api.createNode({ body: { metadata: { name: 'worker', labels } } });
        await expect.poll(hostsOf('team-a'), patience).toEqual(enterpriseHosts);
      });
    },
  );
});
