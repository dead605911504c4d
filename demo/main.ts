import { once } from 'node:events';
import { startStage } from '../test/real-parts/stage.ts';
import { tellMainJob } from './main-job.ts';
import { Story } from './story.ts';

// `make demo`. Ends by itself; KEEP=1 leaves everything running until Ctrl-C.

const longestMs = 120_000;
const story = new Story(process.stdout);
const interrupted = Promise.withResolvers<never>();
const isKept = process.env['KEEP'] === '1';

async function play(): Promise<void> {
  const begunAt = performance.now();
  const stage = await startStage();
  try {
    story.proof(
      'control plane, sandbox and two registries are up',
      `${Math.round(performance.now() - begunAt)} ms`,
    );
    await tellMainJob(stage, story);
    if (!isKept) return;
    const { proxyUrl, caFile, controlUrl } = stage.cloud;
    story.chapter('Left running; Ctrl-C ends it');
    story.command(`export KUBECONFIG=${stage.controlPlane.kubeConfigFile}`);
    story.command('kubectl get secrets,serviceaccounts -A | grep -e acr-credential -e team-');
    story.command('kubectl -n kube-system edit configmap acr-configuration');
    story.command(
      `HTTPS_PROXY=${proxyUrl} SSL_CERT_FILE=${caFile} .cache/bin/crane …   # any client, by the real names`,
    );
    story.command(`curl -s ${controlUrl}/calls   # what Alibaba Cloud was asked`);
    await once(process, 'SIGINT');
  } finally {
    await stage.stop();
  }
}

story.title(
  'acr-credential-helper: the main job, on real parts',
  'etcd, kube-apiserver 1.36, kube-controller-manager, two distribution registries, crane. Only Alibaba Cloud is',
  'ours: a sandbox that checks signatures, rights and expiry. Six hours, a node role’s session, pass in 12 seconds.',
);
try {
  const limit = isKept ? [] : [giveUp(longestMs)];
  process.once('SIGINT', () => interrupted.reject(new Error('interrupted')));
  await Promise.race([play(), ...limit, ...(isKept ? [] : [interrupted.promise])]);
} catch (thrown) {
  story.failure(thrown instanceof Error ? thrown.message : 'something that is not an Error was thrown');
  process.exit(1);
}

function giveUp(afterMs: number): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`it did not end within ${afterMs / 1000} s`)), afterMs).unref();
  });
}
