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

describe('two replicas whose leader is killed', () => {
  let stage: Stage;
  let leader: AddOn;
  let standby: AddOn;

  beforeAll(async () => {
    stage = await startStage({ timeScale: 1, auditLog: process.env['KUBECONFIG'] === undefined });
    await stage.kubectl.createNamespace('team-a');
    await stage.kubectl.configure(configuration);
    leader = await stage.startReplica();
    await stage.kubectl.awaitDockerConfig('team-a');
    standby = await stage.startReplica();
    await waitUntil({ what: 'the standby is ready', withinMs: 10_000 }, async () =>
      (await standby.health('readyz')).includes('ok'),
    );
  });

  afterAll(() => stage?.stop());

  it('act on within the lease time, with the same logins, while the cloud is down', async () => {
    const config = await stage.kubectl.awaitDockerConfig('team-a');
    await stage.cloud.setFault({ service: 'container-registry', kind: 'reset' });
    await stage.cloud.setFault({ service: 'metadata', kind: 'reset' });
    const { counts } = await stage.cloud.calls();
    await leader.kill();
    await stage.kubectl.createNamespace('later-1');
    // 15 s of the lease, the candidate's 2 s between two looks with its jitter, and a busy machine's share.
    expect(await stage.kubectl.awaitDockerConfig('later-1', undefined, 20_000)).toBe(config);
    expect(standby.output()).toContain('became the leader');
    expect((await stage.cloud.calls()).counts).toEqual(counts);
  });

  it('never leave two writers: one that was paused past its lease writes nothing when it wakes up', async () => {
    const third = await stage.startReplica();
    process.kill(standby.pid, 'SIGSTOP');
    await waitUntil({ what: 'the third leads', withinMs: 25_000 }, () =>
      third.output().includes('became the leader'),
    );
    await stage.kubectl.createNamespace('later-2');
    await stage.kubectl.awaitDockerConfig('later-2');
    process.kill(standby.pid, 'SIGCONT');
    await waitUntil({ what: 'it knows that it has lost the lease', withinMs: 10_000 }, () =>
      standby.output().includes('no longer the leader'),
    );
    await stage.kubectl.createNamespace('later-3');
    await stage.kubectl.awaitDockerConfig('later-3');
    await stage.kubectl.awaitAttachment('later-3');
    expect(third.output()).toContain('"namespace":"later-3"');
    expect(standby.output()).not.toContain('later-3');
  });

  it.skipIf(process.env['KUBECONFIG'] !== undefined)(
    'have written one after the other, as the audit log shows (skipped for a user’s own cluster, whose log is not ours)',
    () => {
      const writers = stage.controlPlane
        .auditEvents()
        .filter(({ stage: at, verb, objectRef, userAgent }) => {
          const isWrite = ['create', 'update', 'patch', 'delete'].includes(verb);
          const isOurs = userAgent?.startsWith('acr-credential-helper (') === true;
          return at === 'ResponseComplete' && isWrite && isOurs && objectRef?.resource !== 'leases';
        })
        .toSorted((a, b) => (a.requestReceivedTimestamp < b.requestReceivedTimestamp ? -1 : 1))
        .map(({ userAgent }) => userAgent);
      const turns = writers.filter((writer, index) => writer !== writers[index - 1]);
      expect(turns).toHaveLength(3);
      expect(new Set(turns).size).toBe(3);
    },
  );
});

describe('a change of scope that takes the pull secret from many namespaces', () => {
  const teams = Array.from({ length: 12 }, (_, index) => `many-${index}`);
  const few = 'many-0,new-team';
  let stage: Stage;
  let addOn: AddOn;

  beforeAll(async () => {
    stage = await startStage({ timeScale: 1 });
    for (const name of [...teams, 'new-team']) await stage.kubectl.createNamespace(name);
    await stage.kubectl.configure({ ...configuration, 'watch-namespace': teams.join(',') });
    addOn = await stage.startReplica();
    for (const name of teams) {
      await stage.kubectl.awaitDockerConfig(name);
      await stage.kubectl.awaitAttachment(name);
    }
  });

  afterAll(() => stage?.stop());

  async function servedTeams(): Promise<string[]> {
    const secrets = await Promise.all(teams.map((name) => stage.kubectl.pullSecret(name)));
    return teams.filter((_, index) => secrets[index] !== undefined);
  }

  /** What the log says to do; undefined before it does. */
  function digestTold(): string | undefined {
    return /acr-credential-helper\/confirm=([0-9a-f]{8})/.exec(addOn.output())?.[1];
  }

  /** Whatever there is to do by now is done: one of the served has been made whole again. */
  async function aRound(): Promise<void> {
    await stage.kubectl.api.deleteNamespacedSecret({ namespace: 'many-11', name: pullSecretName });
    await stage.kubectl.awaitDockerConfig('many-11');
  }

  async function deleteState(): Promise<void> {
    await stage.kubectl.api.deleteNamespacedSecret({ namespace: 'kube-system', name: stateSecretName });
  }

  async function deleteScope(): Promise<void> {
    const key = { namespace: 'kube-system', name: 'acr-scope-in-force' };
    await stage.kubectl.api.deleteNamespacedConfigMap(key);
  }

  async function scopeInForce(): Promise<Record<string, string> | undefined> {
    const key = { namespace: 'kube-system', name: 'acr-scope-in-force' };
    return (await stage.kubectl.api.readNamespacedConfigMap(key)).data;
  }

  it('waits as a whole before it is confirmed', async () => {
    await stage.kubectl.configure({ ...configuration, 'watch-namespace': few });
    await waitUntil({ what: 'it is told', withinMs: 10_000 }, digestTold);
    await aRound();
    expect(await servedTeams()).toEqual(teams);
    expect(await stage.kubectl.pullSecret('new-team')).toBeUndefined();
    expect(await stage.kubectl.pullSecretsOf('many-5')).toContain(pullSecretName);
    expect(addOn.output()).toContain('11 of 12 served namespaces');
  });

  it('is told by an Event beside the ConfigMap, and by what is published of the scope', async () => {
    const event = await waitUntil({ what: 'the Event is there', withinMs: 10_000 }, async () => {
      const { items } = await stage.kubectl.api.listNamespacedEvent({ namespace: 'kube-system' });
      return items.find(({ reason }) => reason === 'ConfirmationNeeded');
    });
    expect(event.involvedObject).toMatchObject({ kind: 'ConfigMap', name: 'acr-configuration' });
    expect(event.message).toContain(`acr-credential-helper/confirm=${digestTold()}`);
    expect(await scopeInForce()).toMatchObject({
      'watch-namespace': teams.join(','),
      'service-account': 'default',
      'waiting-watch-namespace': few,
      'waiting-service-account': 'default',
    });
  });

  it('waits on over a restart', async () => {
    await addOn.stop();
    addOn = await stage.startReplica();
    await waitUntil({ what: 'it is told again', withinMs: 20_000 }, digestTold);
    await aRound();
    expect(await servedTeams()).toEqual(teams);
  });

  it.each([
    ['the state is', [deleteState]],
    ['the state and the published scope are', [deleteState, deleteScope]],
  ])(
    'is held also after a restart where %s lost, and an emptied ConfigMap changes nothing',
    async (_, losses) => {
      await addOn.stop();
      for (const lose of losses) await lose();
      await stage.kubectl.configure({});
      addOn = await stage.startReplica();
      await waitUntil({ what: 'it is told', withinMs: 20_000 }, () =>
        addOn.output().includes('what was served before is left as it is'),
      );
      await stage.kubectl.configure({ ...configuration, 'watch-namespace': few });
      await waitUntil({ what: 'it is told again', withinMs: 20_000 }, digestTold);
      await aRound();
      expect(await servedTeams()).toEqual(teams);
      expect(addOn.output()).toContain('11 of 12 served namespaces');
    },
  );

  it('takes place when it is confirmed', async () => {
    const confirmation = { 'acr-credential-helper/confirm': digestTold() ?? '' };
    await stage.kubectl.configure({ ...configuration, 'watch-namespace': few }, confirmation);
    await waitUntil({ what: 'the others are tidied', withinMs: 10_000 }, async () => {
      return (await servedTeams()).join() === 'many-0';
    });
    await stage.kubectl.awaitDockerConfig('new-team');
    await waitUntil({ what: 'the new scope is published', withinMs: 10_000 }, async () => {
      const published = await scopeInForce();
      return published !== undefined && !('waiting-watch-namespace' in published);
    });
    expect(await scopeInForce()).toMatchObject({ 'watch-namespace': few, 'service-account': 'default' });
    expect(await stage.kubectl.pullSecretsOf('many-5')).toEqual([]);
  });
});
