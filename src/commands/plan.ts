import { readFile } from 'node:fs/promises';
import { checkObjectNames } from '../controller/flags.ts';
import { observedConfigMap } from '../controller/observed-objects.ts';
import { operatorsKubeConfig } from '../controller/kube-config.ts';
import { Failure } from '../failures/failure.ts';
import { connectionTo, type Connection } from '../kubernetes/connection.ts';
import { readObject } from '../kubernetes/objects.ts';
import { configMaps } from '../kubernetes/resource.ts';
import { systemClock } from '../runtime/clock.ts';
import { clusterSnapshot } from './cluster-snapshot.ts';
import { configMapInManifest } from './config-map-manifest.ts';
import { planReport, type PlanReport } from './plan-report.ts';
import { planText, type Paint } from './plan-text.ts';

/** The `plan` command's flags. */
export interface PlanFlags {
  readonly file?: string;
  readonly kubeconfig?: string;
  readonly namespace: string;
  readonly configMap: string;
  readonly secretName: string;
  readonly output: 'text' | 'json';
}

export interface PlanRun {
  readonly flags: PlanFlags;
  readonly write: (text: string) => void;
  readonly paint: Paint;
  readonly signal: AbortSignal;
}

type Data = Readonly<Record<string, string>>;

/**
 * Says what a configuration would do to the cluster, and does nothing to it. Gives the process's exit code: 2
 * where the configuration is refused, else 0. Throws FLAGS_INVALID, MANIFEST_INVALID and KUBERNETES_….
 */
export async function runPlan({ flags, write, paint, signal }: PlanRun): Promise<0 | 2> {
  checkObjectNames(flags);
  const planned = flags.file === undefined ? undefined : await dataInFile(flags.file, flags);
  const connection = connectionTo(operatorsKubeConfig(flags.kubeconfig), systemClock);
  try {
    const [live, cluster] = await Promise.all([
      dataInCluster(connection, flags, signal),
      clusterSnapshot(connection, flags.secretName, signal),
    ]);
    const input = inputOf(flags, planned, live);
    const report = planReport({ ...input, cluster, secretName: flags.secretName });
    write(flags.output === 'json' ? `${JSON.stringify(report, undefined, 2)}\n` : planText(report, paint));
    return exitCodeOf(report);
  } finally {
    await connection.close();
  }
}

function exitCodeOf({ kind }: PlanReport): 0 | 2 {
  switch (kind) {
    case 'refused':
      return 2;
    case 'planned':
      return 0;
  }
}

function inputOf(
  { file, namespace, configMap }: PlanFlags,
  planned: Data | undefined,
  live: Data | undefined,
) {
  if (planned !== undefined) return { source: `file ${file}`, data: planned, dataBefore: live };
  const name = `${namespace}/${configMap}`;
  if (live !== undefined) return { source: `ConfigMap ${name}`, data: live, dataBefore: undefined };
  throw new Failure('KUBERNETES_NOT_FOUND', `there is no ConfigMap ${name}; name a file with --file`);
}

async function dataInFile(file: string, { namespace, configMap: name }: PlanFlags): Promise<Data> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new Failure('FLAGS_INVALID', `--file is "${file}", which cannot be read`, { cause });
  });
  return configMapInManifest(text, { namespace, name });
}

/** Undefined where there is none. */
async function dataInCluster(
  connection: Connection,
  { namespace, configMap: name }: PlanFlags,
  signal: AbortSignal,
): Promise<Data | undefined> {
  try {
    const ref = { resource: configMaps, namespace, name };
    return observedConfigMap(await readObject(connection, ref, { signal })).data;
  } catch (thrown) {
    if (thrown instanceof Failure && thrown.code === 'KUBERNETES_NOT_FOUND') return undefined;
    throw thrown;
  }
}
