import { afterAll, beforeAll, expect, it } from 'vitest';
import { enterpriseEntry, enterpriseImage } from '../real-parts/stage.ts';
import { describeOnNode } from './describe-on-node.ts';
import { startNodeStage, type NodeStage } from './node-stage.ts';
import { refusedManifests } from './refused-manifests.ts';

const manifestPath = '/v2/team/app/manifests/1';

describeOnNode('pulls', () => {
  let stage: NodeStage;

  beforeAll(async () => {
    stage = await startNodeStage();
    await stage.publishTiny(enterpriseImage);
    for (const name of ['watched', 'unwatched']) await stage.kubectl.createNamespace(name);
    await stage.startReplica();
    await stage.kubectl.configure({ 'acr-registry-info': enterpriseEntry, 'watch-namespace': 'watched' });
    await stage.kubectl.awaitDockerConfig('watched');
    await stage.kubectl.awaitAttachment('watched');
  });

  afterAll(() => stage?.stop());

  it('nothing for a Pod without a pull secret in a namespace that is not watched: 401, ErrImagePull', async () => {
    const pod = { namespace: 'unwatched', name: 'app', images: [enterpriseImage] };
    await stage.pods.create(pod);
    await stage.pods.awaitWaiting(pod, 'ErrImagePull');
    expect(refusedManifests(stage.cloud.registriesOutput())).toContain(manifestPath);
    expect(await stage.node.images.has(enterpriseImage)).toBe(false);
  });

  it('the private image for the same Pod in a watched namespace', async () => {
    const pod = { namespace: 'watched', name: 'app', images: [enterpriseImage] };
    await stage.pods.run(pod);
    expect(await stage.pods.events(pod)).not.toContain('Failed');
    expect(await stage.node.images.has(enterpriseImage)).toBe(true);
  });
});
