import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { BatchV1Api, type KubeConfig, type V1JobStatus } from '@kubernetes/client-node';
import { tokenKubeConfig } from './add-on-account.ts';
import { operatorsCommand, type CommandOutcome } from './operators-command.ts';
import { waitUntil } from './wait-until.ts';

export interface JobPlay {
  readonly namespace: string;
  readonly name: string;
  /** For the kubeconfig of the Job's account. */
  readonly directory: string;
  /** Gives the kubeconfig to run with, where it is to be another than that of the Job's account. */
  readonly detour?: (kubeConfigFile: string) => Promise<string>;
}

/**
 * Does for a Job what its controller and a kubelet do, of which there are none here: waits for it, runs its
 * container's command as a process with a token of its account, and says in its status what became of it.
 */
export async function playJob(admin: KubeConfig, play: JobPlay): Promise<CommandOutcome> {
  const { namespace, name, directory, detour = (file: string) => Promise.resolve(file) } = play;
  const jobs = admin.makeApiClient(BatchV1Api);
  const job = await waitUntil({ what: `the Job ${name} is to be done`, withinMs: 60_000 }, async () => {
    const found = await jobs.readNamespacedJob({ namespace, name });
    // One that has ended is of an earlier try.
    return found.status?.conditions === undefined && found;
  });
  const pod = job.spec?.template.spec;
  const account = { namespace, name: pod?.serviceAccountName ?? '' };
  const file = join(directory, `${account.name}.kubeconfig`);
  const kubeConfigFile = await detour(await tokenKubeConfig(admin, account, file));
  const outcome = await operatorsCommand([
    ...(pod?.containers[0]?.args ?? []),
    `--kubeconfig=${kubeConfigFile}`,
  ]);
  rmSync(file);
  job.status = endOf(outcome.exitCode === 0);
  await jobs.replaceNamespacedJobStatus({ namespace, name, body: job });
  return outcome;
}

/** The API server wants the reason before the end. */
function endOf(isSuccess: boolean): V1JobStatus {
  const at = new Date();
  const conditions = isSuccess ? ['SuccessCriteriaMet', 'Complete'] : ['FailureTarget', 'Failed'];
  return {
    startTime: at,
    ...(isSuccess ? { completionTime: at, succeeded: 1 } : { failed: 1 }),
    conditions: conditions.map((type) => ({ type, status: 'True', lastTransitionTime: at })),
  };
}
