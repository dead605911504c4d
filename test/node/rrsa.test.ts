import type { V1Secret } from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serveAsTheyDo } from '../foreign-clients/official-add-on.ts';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { crossAccountWorld, enableRrsa, oidcProviderArn, roles } from '../real-parts/rrsa.ts';
import { enterpriseImage } from '../real-parts/stage.ts';
import { waitUntil } from '../real-parts/wait-until.ts';
import { describeOnNode } from './describe-on-node.ts';
import { startNodeStage, type NodeStage } from './node-stage.ts';
import { Release } from './release.ts';
import { runAfterEviction } from './run-after-eviction.ts';
import { underSteadyPods, type SteadyPods } from './steady-pods.ts';

/** Of the images' account. */
const theirKey = { id: 'SANDBOXPUBLISHER', secret: 'sandbox-secret-of-publisher' };
const values = {
  enableRRSA: true,
  AcrInstanceInfo: [
    {
      instanceId: 'cri-sandbox00000001',
      regionId: 'cn-hangzhou',
      rrsaRoleARN: roles.cluster,
      rrsaOIDCProviderRoleARN: oidcProviderArn,
      assumeRoleARN: roles.repositoryOwner,
    },
  ],
  watchNamespace: 'watched',
};

describeOnNode(
  'whose cluster belongs to another account than the images, served by the official add-on',
  () => {
    let stage: NodeStage;
    let release: Release;
    let theirs: V1Secret;

    beforeAll(async () => {
      stage = await startNodeStage({ timeScale: 1, worldFile: crossAccountWorld, withoutAccount: true });
      await enableRrsa(stage.cloud, stage.controlPlane.address);
      await stage.publishTiny(enterpriseImage);
      await stage.kubectl.createNamespace('watched');
      theirs = await serveAsTheyDo(stage, 'watched', theirKey);
      release = new Release(stage);
      await release.prepare();
    });

    afterAll(() => stage?.stop());

    it('8. migration from the official add-on under a steady stream of Pods with evicted images: no pull fails', async ({
      annotate,
    }) => {
      const place = { namespace: 'watched', image: enterpriseImage };
      const { ran, failures } = await underSteadyPods(stage, place, async (steady) => {
        await morePods(steady);
        await release.install(values);
        const ours = await waitUntil({ what: 'the Secret is taken over', withinMs: 60_000 }, async () => {
          const secret = await stage.kubectl.pullSecret('watched');
          return secret?.data?.['.dockerconfigjson'] !== theirs.data?.['.dockerconfigjson'] && secret;
        });
        expect(ours.metadata?.uid).toBe(theirs.metadata?.uid);
        await morePods(steady);
      });
      await annotate(`${ran} Pods ran`);
      expect(failures).toEqual([]);
      expect(await stage.kubectl.pullSecretsOf('watched')).toEqual([pullSecretName]);
    });

    it('4. a Pod runs an image of the other account by RRSA, with tokens of this cluster', async () => {
      const pod = { namespace: 'watched', name: 'app', images: [enterpriseImage] };
      expect(await runAfterEviction(stage, pod)).toEqual([]);
      const { counts } = await stage.cloud.calls();
      expect(counts['sts.AssumeRoleWithOIDC']?.['ok']).toBeGreaterThan(0);
      expect(counts['sts.AssumeRole']?.['ok']).toBeGreaterThan(0);
    });
  },
);

async function morePods(steady: SteadyPods): Promise<void> {
  const enough = steady.ran() + 2;
  await waitUntil({ what: 'two more Pods run', withinMs: 120_000 }, () => steady.ran() >= enough);
}
