import { fileURLToPath } from 'node:url';
import { crossAccountWorld } from '../test/real-parts/rrsa.ts';
import { enterpriseImage, startStage, type Stage, type StageWishes } from '../test/real-parts/stage.ts';
import { noControlOfCluster } from '../test/real-parts/users-cluster.ts';
import { tellCrossAccount } from './cross-account.ts';
import { tellMainJob } from './main-job.ts';
import { Story } from './story.ts';

// `make demo`. Ends by itself; KEEP=1 leaves everything running until Ctrl-C.

const longestMs = 120_000;
const goodbyeMs = 10_000;
const isKept = process.env['KEEP'] === '1';
const story = new Story(process.stdout);

/** Resolves on Ctrl-C. A signal handler alone does not keep a process alive, so a timer does until then. */
function interruption(): Promise<'interrupted'> {
  const awake = setInterval(() => undefined, 60_000);
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      process.once(name, () => {
        clearInterval(awake);
        resolve('interrupted');
      });
    }
  });
}

function after<T>(delayMs: number, value: T): Promise<T> {
  return new Promise((resolve) => void setTimeout(() => resolve(value), delayMs).unref());
}

function showAround(stages: readonly Stage[]): void {
  story.chapter('Left running; Ctrl-C ends it');
  for (const [index, stage] of stages.entries()) {
    if (stages.length > 1)
      story.note(index === 0 ? 'The cluster of the main job:' : 'The cluster with RRSA:');
    showStage(stage);
  }
}

function showStage({ controlPlane, cloud, replicas }: Stage): void {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const { kubeConfigFile } = controlPlane;
  const reach = `HTTPS_PROXY=${cloud.proxyUrl}`;
  story.command(`export KUBECONFIG=${kubeConfigFile}`);
  story.command('kubectl get secret,serviceaccount -A');
  story.command('kubectl -n kube-system edit configmap acr-configuration');
  story.command(`tail -f ${replicas.map(({ logFile }) => logFile).join(' ')}   # what the add-on says`);
  story.command(`curl -s ${cloud.controlUrl}/calls   # what Alibaba Cloud was asked`);
  story.note(
    'Pull as a node of team-a would. Logins live for seconds here, so the first line goes with each of the second:',
  );
  story.command(
    'export DOCKER_CONFIG=$(mktemp -d); kubectl -n team-a get secret acr-credential-secret-aggregation ' +
      `-o 'jsonpath={.data.\\.dockerconfigjson}' | base64 -d > $DOCKER_CONFIG/config.json`,
  );
  story.command(`${reach} SSL_CERT_FILE=${cloud.caFile} ${root}.cache/bin/crane manifest ${enterpriseImage}`);
  story.note('One more replica, by hand:');
  story.command(
    `${reach} NODE_EXTRA_CA_CERTS=${cloud.caFile} ${process.execPath} ${root}bin/acr-credential-helper.ts controller ` +
      `--kubeconfig ${kubeConfigFile} --metadata-endpoint ${cloud.metadataUrl} --health-address 127.0.0.1:8081`,
  );
}

async function play(): Promise<'ended'> {
  const stage = await begin({});
  await tellMainJob(stage, story);
  if (noControlOfCluster === undefined) {
    if (!isKept) await stage.stop();
    story.chapter('Another account’s images, with no key anywhere: RRSA');
    story.note('a second cluster, whose account owns none of the images, is started for it');
    await tellCrossAccount(await begin({ worldFile: crossAccountWorld }), story);
  } else {
    story.note(
      'the chapter about RRSA is left out: the sandbox reads the keys of an API server on this machine only',
    );
  }
  story.end('That is it.');
  if (isKept) {
    showAround(await running());
    await interrupted;
  }
  return 'ended';
}

const started: Promise<Stage>[] = [];

async function begin(wishes: StageWishes): Promise<Stage> {
  const begunAt = performance.now();
  const starting = startStage(wishes);
  started.push(starting);
  const stage = await starting;
  story.proof('all of it is up', `${Math.round(performance.now() - begunAt)} ms`);
  return stage;
}

async function running(): Promise<readonly Stage[]> {
  const outcomes = await Promise.allSettled(started);
  return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
}

async function stop(): Promise<void> {
  await Promise.all((await running()).map((stage) => stage.stop()));
}

story.title(
  'acr-credential-helper: the main job, on real parts',
  'etcd, kube-apiserver 1.36, kube-controller-manager, two distribution registries, crane. Only Alibaba Cloud is',
  'ours: a sandbox that checks signatures, rights and expiry. Six hours, a node role’s session, pass in 12 seconds.',
);
const interrupted = interruption();
const tooLong = isKept ? [] : [after(longestMs, 'too long' as const)];
try {
  const end = await Promise.race([play(), interrupted, ...tooLong]);
  if (end === 'too long') throw new Error(`it did not end within ${longestMs / 1000} s`);
  if (end === 'interrupted') {
    story.note('stopping …');
    // As a shell reports a program that Ctrl-C ended; with KEEP=1 that is how it is meant to end.
    process.exitCode = isKept ? 0 : 130;
  }
} catch (thrown) {
  story.failure(thrown instanceof Error ? thrown.message : 'something that is not an Error was thrown');
  const replicas = (await running()).flatMap((stage) => stage.replicas);
  for (const { output } of replicas) {
    for (const line of output().trimEnd().split('\n').slice(-5)) story.note(line);
  }
  process.exitCode = 1;
} finally {
  await Promise.race([stop(), after(goodbyeMs, undefined)]);
  // What is still under way, such as a wait of the story, has nothing to tell any more.
  process.exit();
}
