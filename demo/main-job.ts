import assert from 'node:assert/strict';
import { pullSecretName } from '../test/real-parts/kubectl.ts';
import { pullAsAKubelet } from '../test/real-parts/pull-as-a-kubelet.ts';
import { waitUntil } from '../test/real-parts/wait-until.ts';
import {
  enterpriseEntry,
  enterpriseImage,
  personalEntry,
  personalImage,
  type Stage,
} from '../test/real-parts/stage.ts';
import type { Story } from './story.ts';

const noLogin = '{"auths":{}}';
const configuration = {
  'acr-registry-info': enterpriseEntry + personalEntry,
  'watch-namespace': 'team-a, team-b, team-c',
  'service-account': 'default',
};

/** The main job from an unconfigured cluster to a changed configuration. Throws where something is not so. */
export async function tellMainJob(stage: Stage, story: Story): Promise<void> {
  const { cloud, kubectl } = stage;

  story.chapter('Private images exist');
  await Promise.all([cloud.publish(enterpriseImage), cloud.publish(personalImage)]);
  story.proof(`pushed ${enterpriseImage}`, 'Enterprise Edition');
  story.proof(`pushed ${personalImage}`, 'Personal Edition');
  await refused(stage, enterpriseImage, noLogin);
  story.proof('without a login the registry answers 401');

  story.chapter('The add-on starts, and is configured');
  await Promise.all(['team-a', 'team-b'].map((name) => kubectl.createNamespace(name)));
  await stage.startReplica();
  story.command('kubectl -n kube-system edit configmap acr-configuration');
  for (const [key, value] of Object.entries(configuration)) {
    story.note(`${key}: ${value.trimEnd().replaceAll('\n', `\n${' '.repeat(7 + key.length)}`)}`);
  }
  const mintsBefore = await cloud.mints();
  const configuredAt = performance.now();
  await kubectl.configure(configuration);
  const config = await kubectl.awaitDockerConfig('team-a');
  await kubectl.awaitDockerConfig('team-b');
  story.proof(`Secret ${pullSecretName} is in team-a and team-b`, since(configuredAt));
  await Promise.all(['team-a', 'team-b'].map((name) => kubectl.awaitAttachment(name)));
  story.proof('their service account “default” lists it in imagePullSecrets');
  const mints = (await cloud.mints()) - mintsBefore;
  for (const host of hostsOf(config).slice(0, 3)) story.note(`login for ${host}`);
  story.note(`… ${hostsOf(config).length} hosts in all, from ${mints} logins`);

  story.chapter('A real client pulls with exactly the Secret’s content');
  for (const image of [enterpriseImage, personalImage]) {
    story.command(`crane pull ${image}`);
    await pulled(stage, 'team-a', image);
    story.proof('pulled');
  }

  story.chapter('A namespace is created now');
  const createdAt = performance.now();
  await kubectl.createNamespace('team-c');
  await kubectl.awaitDockerConfig('team-c');
  const secretMs = since(createdAt);
  await kubectl.awaitAttachment('team-c');
  story.proof(`team-c has its Secret`, secretMs);
  story.proof('and its service account is attached', since(createdAt));
  await pulled(stage, 'team-c', enterpriseImage);
  story.proof('and it pulls');

  story.chapter('The login comes to its end: it is renewed before');
  const former = await kubectl.awaitDockerConfig('team-a');
  const uid = (await kubectl.pullSecret('team-a'))?.metadata?.uid;
  await kubectl.awaitLongerLogin('team-a');
  assert.equal((await kubectl.pullSecret('team-a'))?.metadata?.uid, uid, 'the Secret was updated in place');
  story.proof('renewed, in place', `the Secret’s uid is still ${uid}`);
  await waitUntil({ what: 'the old token is refused', withinMs: 20_000 }, async () => {
    return (await cloud.pull(enterpriseImage, former)).kind === 'refused';
  });
  story.proof('the old token is refused by now');
  await pulled(stage, 'team-a', enterpriseImage);
  story.proof('the new one pulls');

  story.chapter('The configuration changes, and is followed');
  story.command(
    `kubectl -n kube-system patch configmap acr-configuration --type merge -p '{"data":{"watch-namespace":"team-a, team-c"}}'`,
  );
  const changedAt = performance.now();
  await kubectl.configure({ ...configuration, 'watch-namespace': 'team-a, team-c' });
  await waitUntil({ what: 'team-b is tidied', withinMs: 10_000 }, async () => {
    const isDetached = !(await kubectl.pullSecretsOf('team-b')).includes(pullSecretName);
    return isDetached && (await kubectl.pullSecret('team-b')) === undefined;
  });
  story.proof('team-b has neither Secret nor attachment any more', since(changedAt));
  await pulled(stage, 'team-a', personalImage);
  story.proof('team-a pulls on');
}

async function pulled(stage: Stage, namespace: string, image: string): Promise<void> {
  assert.deepEqual(await pullAsAKubelet(stage, namespace, image), { kind: 'pulled' }, `pull of ${image}`);
}

async function refused({ cloud }: Stage, image: string, config: string): Promise<void> {
  const outcome = await cloud.pull(image, config);
  assert.equal(outcome.kind === 'refused' && outcome.status, 401, `pull of ${image} without a login`);
}

function hostsOf(config: string): string[] {
  return Object.keys((JSON.parse(config) as { auths: Record<string, unknown> }).auths);
}

function since(momentMs: number): string {
  return `${Math.round(performance.now() - momentMs)} ms`;
}
