import { afterAll, beforeAll, expect, it } from 'vitest';
import { crossAccountWorld, enableRrsa, oidcProviderArn, roles } from '../real-parts/rrsa.ts';
import { enterpriseImage } from '../real-parts/stage.ts';
import { describeOnNode } from './describe-on-node.ts';
import { startNodeStage, type NodeStage } from './node-stage.ts';
import { Release } from './release.ts';

describeOnNode('whose cluster belongs to another account than the images', () => {
  let stage: NodeStage;

  beforeAll(async () => {
    stage = await startNodeStage({ timeScale: 1, worldFile: crossAccountWorld, withoutAccount: true });
    await enableRrsa(stage.cloud, stage.controlPlane.address);
    await stage.publishTiny(enterpriseImage);
    await stage.kubectl.createNamespace('watched');
    const release = new Release(stage);
    await release.prepare();
    await release.install({
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
    });
  }, 300_000);

  afterAll(() => stage?.stop());

  it('4. a Pod runs an image of the other account by RRSA, with tokens of this cluster', async () => {
    await stage.kubectl.awaitDockerConfig('watched');
    await stage.kubectl.awaitAttachment('watched');
    const pod = { namespace: 'watched', name: 'app', images: [enterpriseImage] };
    await stage.pods.run(pod);
    const { counts } = await stage.cloud.calls();
    expect(counts['sts.AssumeRoleWithOIDC']?.['ok']).toBeGreaterThan(0);
    expect(counts['sts.AssumeRole']?.['ok']).toBeGreaterThan(0);
  });
});
