import type { V1Secret } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveAsTheyDo } from '../foreign-clients/official-add-on.ts';
import type { AddOn } from '../real-parts/add-on.ts';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { operatorsCommand } from '../real-parts/operators-command.ts';
import { cloudEnvironment } from '../real-parts/registry-client.ts';
import { enterpriseEntry, enterpriseImage, startStage, type Stage } from '../real-parts/stage.ts';
import { startSteadyPulls, type SteadyPulls } from '../real-parts/steady-pulls.ts';
import { waitUntil } from '../real-parts/wait-until.ts';

const teams = ['team-a', 'team-b', 'team-c'];
/** Their uninstaller has removed the Secret here, and left the name on the accounts. */
const emptied = 'team-c';
const key = { id: 'SANDBOXPULLER', secret: 'sandbox-secret-of-puller' };
const configuration = {
  'acr-registry-info': `${enterpriseEntry}  accessKeySecretRef: alibaba-addon-secret\n`,
  'watch-namespace': 'team-a,team-b,team-c',
  'service-account': 'default,builder',
};
const mentions = 'acr-credential-helper/mentioned-by';

describe('a cluster that the official add-on served', () => {
  let stage: Stage;
  let pulls: SteadyPulls;
  let addOn: AddOn;
  /** Theirs, by namespace. */
  const before = new Map<string, V1Secret>();

  beforeAll(async () => {
    stage = await startStage({ timeScale: 1 });
    await stage.cloud.publish(enterpriseImage);
    await stage.kubectl.createSecret('kube-system', 'alibaba-addon-secret', {
      'access-key-id': key.id,
      'access-key-secret': key.secret,
    });
    await stage.kubectl.configure(configuration);
    for (const name of teams) {
      await stage.kubectl.createNamespace(name);
      await stage.kubectl.createServiceAccount(name, {
        metadata: { name: 'builder' },
        imagePullSecrets: [{ name: 'mine' }, { name: pullSecretName }],
      });
      before.set(name, await serveAsTheyDo(stage, name, key));
    }
    pulls = startSteadyPulls(stage, 'team-a', enterpriseImage);
    await morePulls();
  });

  afterAll(async () => {
    await pulls?.stop();
    await stage?.stop();
  });

  async function morePulls(): Promise<void> {
    const enough = pulls.pulled() + 3;
    await waitUntil({ what: 'three more pulls', withinMs: 60_000 }, () => pulls.pulled() >= enough);
  }

  async function accountVersions(): Promise<(string | undefined)[]> {
    const accounts = teams.flatMap((namespace) =>
      ['default', 'builder'].map((name) =>
        stage.kubectl.api.readNamespacedServiceAccount({ namespace, name }),
      ),
    );
    return (await Promise.all(accounts)).map(({ metadata }) => metadata?.resourceVersion);
  }

  const command = (name: string, ...options: string[]) =>
    operatorsCommand(
      [name, `--kubeconfig=${stage.controlPlane.kubeConfigFile}`, ...options],
      cloudEnvironment(stage.cloud),
    );

  it('shows beforehand that the identity works, and what is taken over', async () => {
    const { exitCode, output } = await command('plan', '--check-identity');
    expect(output).toMatch(
      /works: cri-sandbox00000001@cn-hangzhou: the access key in the Secret alibaba-addon-secret/,
    );
    expect(output).toMatch(/~ fill +team-a +taken over; with cri-sandbox00000001@cn-hangzhou/);
    expect(exitCode).toBe(0);
  });

  it('has its Secrets taken over in place, and no account touched, when theirs has gone and ours comes', async () => {
    await stage.kubectl.api.deleteNamespacedSecret({ namespace: emptied, name: pullSecretName });
    const versions = await accountVersions();
    await morePulls();
    addOn = await stage.startReplica();
    for (const name of teams) {
      const former = before.get(name);
      const secret = await waitUntil({ what: `${name} is taken over`, withinMs: 30_000 }, async () => {
        const found = await stage.kubectl.pullSecret(name);
        return found?.metadata?.labels?.['app.kubernetes.io/managed-by'] !== undefined && found;
      });
      expect(secret.type).toBe('kubernetes.io/dockerconfigjson');
      expect(secret.data).not.toEqual(former?.data);
      expect(secret.metadata?.uid === former?.metadata?.uid).toBe(name !== emptied);
    }
    await morePulls();
    expect(await accountVersions()).toEqual(versions);
  });

  it('takes accounts for theirs to keep where no Secret told who had attached them, unless it is told to adopt', async () => {
    const recordIn = async (name: string) =>
      (await stage.kubectl.pullSecret(name))?.metadata?.annotations?.[mentions];
    expect(await recordIn('team-a')).toBeUndefined();
    expect(await recordIn(emptied)).toBe('builder,default');
    await addOn.stop();
    addOn = await stage.startReplica('--adopt-attachments');
    await waitUntil({ what: 'they are adopted', withinMs: 30_000 }, async () => {
      return (await recordIn(emptied)) === undefined;
    });
    await morePulls();
  });

  it('was pulled from throughout, without one failure', async () => {
    const { pulled, failures } = await pulls.stop();
    expect(failures).toEqual([]);
    expect(pulled).toBeGreaterThanOrEqual(9);
  });

  it('is left without a dangling name by cleanup, and with all that others own', async () => {
    await addOn.stop();
    const { exitCode } = await command('cleanup');
    expect(exitCode).toBe(0);
    for (const name of teams) {
      expect(await stage.kubectl.pullSecret(name)).toBeUndefined();
      expect(await stage.kubectl.pullSecretsOf(name)).toEqual([]);
      expect(await stage.kubectl.pullSecretsOf(name, 'builder')).toEqual(['mine']);
    }
  });
});
