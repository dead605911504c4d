import { startStage, type Stage } from '../test/real-parts/stage.ts';
import { tellMainJob } from './main-job.ts';
import { Story } from './story.ts';

// `make demo`. Ends by itself; KEEP=1 leaves everything running until Ctrl-C.

const longestMs = 60_000;
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

function showAround({ controlPlane, cloud, replicas }: Stage): void {
  story.chapter('Left running; Ctrl-C ends it');
  story.command(`export KUBECONFIG=${controlPlane.kubeConfigFile}`);
  story.command('kubectl get secret,serviceaccount -A');
  story.command('kubectl -n kube-system edit configmap acr-configuration');
  story.command(`tail -f ${replicas.map(({ logFile }) => logFile).join(' ')}   # what the add-on says`);
  story.command(`curl -s ${cloud.controlUrl}/calls   # what Alibaba Cloud was asked`);
  story.note('pull as a node of team-a would, with any client, by the real names:');
  story.command('export DOCKER_CONFIG=$(mktemp -d)');
  story.command(
    `kubectl -n team-a get secret acr-credential-secret-aggregation -o 'jsonpath={.data.\\.dockerconfigjson}' | base64 -d > $DOCKER_CONFIG/config.json`,
  );
  story.command(
    `HTTPS_PROXY=${cloud.proxyUrl} SSL_CERT_FILE=${cloud.caFile} .cache/bin/crane manifest acme-registry.cn-hangzhou.cr.aliyuncs.com/team/app:1`,
  );
}

async function play(stage: Stage): Promise<void> {
  await tellMainJob(stage, story);
  if (!isKept) return;
  showAround(stage);
  await interrupted;
}

story.title(
  'acr-credential-helper: the main job, on real parts',
  'etcd, kube-apiserver 1.36, kube-controller-manager, two distribution registries, crane. Only Alibaba Cloud is',
  'ours: a sandbox that checks signatures, rights and expiry. Six hours, a node role’s session, pass in 12 seconds.',
);
const interrupted = interruption();
const tooLong = isKept ? [] : [after(longestMs, 'too long' as const)];
let stage: Stage | undefined;
try {
  const begunAt = performance.now();
  stage = await startStage();
  story.proof('all of it is up', `${Math.round(performance.now() - begunAt)} ms`);
  const end = await Promise.race([play(stage), interrupted, ...tooLong]);
  if (end === 'too long') throw new Error(`it did not end within ${longestMs / 1000} s`);
  if (end === 'interrupted' && !isKept) throw new Error('interrupted');
} catch (thrown) {
  story.failure(thrown instanceof Error ? thrown.message : 'something that is not an Error was thrown');
  for (const { output } of stage?.replicas ?? []) {
    for (const line of output().trimEnd().split('\n').slice(-5)) story.note(line);
  }
  process.exitCode = 1;
} finally {
  await Promise.race([stage?.stop(), after(goodbyeMs, undefined)]);
  // What is still under way, such as a wait of the story, has nothing to tell any more.
  process.exit();
}
