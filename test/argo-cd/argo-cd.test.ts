import type { V1ServiceAccount } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientSide, found, type Manifest } from '../integration/gitops-tools.ts';
import { noAdmissionPolicies, startAdmissionPolicy } from '../real-parts/admission-policy.ts';
import { ApiCaller } from '../real-parts/api-caller.ts';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { enterpriseEntry, startStage, type Stage } from '../real-parts/stage.ts';
import { argoStatus, noSettings, settingsOfThePage } from './argo-cd.ts';

const namespace = 'team-a';
const { inApplication, inConfigMap } = settingsOfThePage();

function manifest(name: string, ...list: readonly string[]): Manifest {
  const metadata = { namespace, name };
  return list.length === 0
    ? { metadata }
    : { metadata, imagePullSecrets: list.map((entry) => ({ name: entry })) };
}

function withList(live: V1ServiceAccount, ...list: readonly string[]): V1ServiceAccount {
  const changed = structuredClone(live);
  changed.imagePullSecrets = list.map((name) => ({ name }));
  return changed;
}

describe("Argo CD's own comparison of attached service accounts", () => {
  let stage: Stage;
  let admin: ApiCaller;

  beforeAll(async () => {
    stage = await startStage({ timeScale: 1 });
    admin = new ApiCaller(stage.controlPlane.kubeConfig);
    await stage.kubectl.configure({
      'acr-registry-info': enterpriseEntry,
      'watch-namespace': namespace,
      'service-account': '*',
    });
    await stage.kubectl.createNamespace(namespace);
    await stage.startReplica();
    await stage.kubectl.awaitAttachment(namespace);
  });

  afterAll(async () => {
    await admin?.close();
    await stage?.stop();
  });

  /** The account as it is once it was applied and has the pull secret. */
  async function attached(wanted: Manifest): Promise<V1ServiceAccount> {
    const { name } = wanted.metadata;
    await stage.kubectl.createServiceAccount(namespace, { metadata: { name } });
    await clientSide(admin, wanted);
    await stage.kubectl.awaitAttachment(namespace, name);
    return await found(admin, wanted);
  }

  /** What it says of three accounts: without settings, and with those of the page in either place. */
  async function statuses(way: string) {
    const wanted = {
      bare: manifest(`bare-${way}`),
      owning: manifest(`owning-${way}`, 'mine'),
      naming: manifest(`naming-${way}`, 'mine', pullSecretName),
    };
    const said: Record<string, readonly string[]> = {};
    for (const [which, each] of Object.entries(wanted)) {
      const live = await attached(each);
      said[which] = [
        await argoStatus(noSettings, each, live),
        await argoStatus(inApplication, each, live),
        await argoStatus(inConfigMap, each, live),
      ];
    }
    return said;
  }

  const asThePageSays = {
    bare: ['Synced', 'Synced', 'Synced'],
    owning: ['OutOfSync', 'Synced', 'Synced'],
    naming: ['Synced', 'Synced', 'Synced'],
  };

  it('is Synced with what the page has pasted, and without it OutOfSync where the manifest has a list', async () => {
    expect(await statuses('controller')).toEqual(asThePageSays);
  });

  it('still sees what others add and what is lost', async () => {
    const wanted = manifest('watched', 'mine');
    const live = await attached(wanted);
    for (const settings of [inApplication, inConfigMap]) {
      const added = withList(live, 'mine', pullSecretName, 'a-stranger');
      expect(await argoStatus(settings, wanted, added)).toBe('OutOfSync');
      expect(await argoStatus(settings, wanted, withList(live, pullSecretName))).toBe('OutOfSync');
    }
  });

  it('takes an empty list in the manifest for a difference, whatever is ignored', async () => {
    const wanted = { ...manifest('emptying'), imagePullSecrets: [] };
    const live = await attached(wanted);
    for (const settings of [noSettings, inApplication, inConfigMap]) {
      expect(await argoStatus(settings, wanted, live)).toBe('OutOfSync');
    }
  });

  it('says the same where admission attaches', async ({ skip }) => {
    const whyNot = await noAdmissionPolicies(stage.controlPlane.kubeConfig);
    skip(whyNot !== undefined, whyNot);
    await startAdmissionPolicy(stage.controlPlane.kubeConfig, namespace);
    expect(await statuses('admission')).toEqual(asThePageSays);
  });
});
