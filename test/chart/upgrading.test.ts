import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AddOn } from '../real-parts/add-on.ts';
import type { Cloud } from '../real-parts/cloud.ts';
import type { ControlPlane } from '../real-parts/control-plane.ts';
import { makeDirectory, removeDirectory } from '../real-parts/guardian.ts';
import { chart, helm, helmVersions } from '../real-parts/helm.ts';
import { pullSecretName, type Kubectl } from '../real-parts/kubectl.ts';
import { enterpriseImage, startStage, type Stage } from '../real-parts/stage.ts';
import { noControlOfCluster } from '../real-parts/users-cluster.ts';
import { waitUntil } from '../real-parts/wait-until.ts';
import { startInstalledAddOn } from './installed-add-on.ts';

const teams = ['team-a', 'team-b'];
const accounts = ['default', 'builder'];
const values = {
  AcrInstanceInfo: [{ instanceId: 'cri-sandbox00000001', regionId: 'cn-hangzhou' }],
  watchNamespace: teams,
  serviceAccount: accounts.join(','),
};
const inKubeSystem = '--namespace=kube-system';

interface Served {
  /** Of the pull secret. */
  readonly uid: string | undefined;
  /** What each account carries. */
  readonly attached: readonly (readonly string[])[];
}

describe.skipIf(noControlOfCluster !== undefined).each(helmVersions)('a release, by %s', (version) => {
  let stage: Stage;
  let controlPlane: ControlPlane;
  let cloud: Cloud;
  let kubectl: Kubectl;
  let directory: string;
  let addOn: AddOn;
  let served: readonly Served[];

  beforeAll(async () => {
    directory = await makeDirectory('acr-upgrade-');
    stage = await startStage({ auditLog: true, timeScale: 1, withoutAccount: true });
    ({ controlPlane, cloud, kubectl } = stage);
    for (const team of teams) {
      await kubectl.createNamespace(team);
      await kubectl.createServiceAccount(team, { metadata: { name: 'builder' } });
    }
    await cloud.publish(enterpriseImage);
    await release('install', chart, values);
    addOn = await startInstalledAddOn({ controlPlane, cloud, directory });
    for (const team of teams) {
      await kubectl.awaitDockerConfig(team);
      for (const account of accounts) await kubectl.awaitAttachment(team, account);
    }
    served = await whatIsServed();
  });

  afterAll(async () => {
    await addOn?.kill();
    await stage?.stop();
    await removeDirectory(directory);
  });

  async function release(verb: 'install' | 'upgrade', what: string, values: object): Promise<void> {
    const options = [verb, 'acr', what, inKubeSystem];
    await helm(version, { options, values: { ...values }, kubeConfigFile: controlPlane.kubeConfigFile });
  }

  async function whatIsServed(): Promise<readonly Served[]> {
    return await Promise.all(
      teams.map(async (team) => ({
        uid: (await kubectl.pullSecret(team))?.metadata?.uid,
        attached: await Promise.all(accounts.map((account) => kubectl.pullSecretsOf(team, account))),
      })),
    );
  }

  /** As a Deployment rolls over: a new Pod is ready before the old one is told to go. */
  async function rollOver(): Promise<void> {
    const former = addOn;
    addOn = await startInstalledAddOn({ controlPlane, cloud, directory });
    await former.stop();
    const { output } = addOn;
    await waitUntil({ what: 'the new replica leads', withinMs: 60_000 }, () =>
      output().includes('became the leader'),
    );
  }

  it('begins with a pull secret in each namespace, on each account', () => {
    expect(served.map(({ attached }) => attached)).toEqual(
      teams.map(() => [[pullSecretName], [pullSecretName]]),
    );
    expect(new Set(served.map(({ uid }) => uid)).size).toBe(teams.length);
  });

  it('keeps each Secret and each attachment when it is upgraded to another version', async () => {
    const options = [
      'package',
      chart,
      '--version=99.0.0',
      '--app-version=99.0.0',
      `--destination=${directory}`,
    ];
    await helm(version, { options });
    const next = join(directory, 'acr-credential-helper-99.0.0.tgz');
    await release('upgrade', next, { ...values, replicas: 3, controller: { writeBudget: 10 } });
    await rollOver();
    expect(await whatIsServed()).toEqual(served);
  });

  it('keeps them when it is rolled back', async () => {
    const options = ['rollback', 'acr', '1', inKubeSystem];
    await helm(version, { options, kubeConfigFile: controlPlane.kubeConfigFile });
    await rollOver();
    expect(await whatIsServed()).toEqual(served);
    const dockerConfig = await kubectl.dockerConfig('team-a');
    expect(await cloud.pull(enterpriseImage, dockerConfig)).toEqual({ kind: 'pulled' });
  });

  it('has not taken them away for a moment in between', () => {
    const writes = controlPlane
      .auditEvents()
      .filter(
        ({ stage, verb, objectRef }) =>
          stage === 'ResponseComplete' &&
          ['update', 'patch', 'delete', 'deletecollection'].includes(verb) &&
          teams.includes(objectRef?.namespace ?? ''),
      );
    const about = (resource: string) => writes.filter(({ objectRef }) => objectRef?.resource === resource);
    expect(about('secrets').filter(({ verb }) => verb.startsWith('delete'))).toEqual([]);
    expect(about('serviceaccounts').map(({ verb }) => verb)).toEqual(
      teams.flatMap(() => accounts.map(() => 'patch')),
    );
  });
});
