import { readFile } from 'node:fs/promises';
import { brakeLimits, checkObjectNames } from '../controller/flags.ts';
import { observedConfigMap } from '../controller/observed-objects.ts';
import { operatorsKubeConfig } from '../controller/kube-config.ts';
import { scopeName } from '../controller/saved-state.ts';
import { Failure } from '../failures/failure.ts';
import { connectionTo, type Connection } from '../kubernetes/connection.ts';
import { readObject } from '../kubernetes/objects.ts';
import { configMaps, type ObjectKey } from '../kubernetes/resource.ts';
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
  readonly brakeShare: string;
  readonly brakeCount: string;
  readonly output: 'text' | 'json';
}

export interface PlanRun {
  readonly flags: PlanFlags;
  readonly write: (text: string) => void;
  readonly paint: Paint;
  readonly signal: AbortSignal;
}

type Configuration = ReturnType<typeof configMapInManifest>;

/**
 * Says what a configuration would do to the cluster, and does nothing to it. Gives the process's exit code: 2
 * where the configuration is refused, else 0. Throws FLAGS_INVALID, MANIFEST_INVALID and KUBERNETES_….
 */
export async function runPlan({ flags, write, paint, signal }: PlanRun): Promise<0 | 2> {
  checkObjectNames(flags);
  const limits = brakeLimits(flags);
  const planned = flags.file === undefined ? undefined : await inFile(flags.file, flags);
  const connection = connectionTo(operatorsKubeConfig(flags.kubeconfig), systemClock);
  try {
    const { namespace, configMap: name, secretName } = flags;
    const [live, scope, cluster] = await Promise.all([
      inCluster(connection, { namespace, name }, signal),
      inCluster(connection, { namespace, name: scopeName }, signal),
      clusterSnapshot(connection, secretName, signal),
    ]);
    const { source, wanted, before } = inputOf(flags, planned, live);
    const report = planReport({
      source,
      data: wanted.data,
      dataBefore: before?.data,
      scopeInForce: scope?.data,
      // Applying a file leaves the annotations that it does not have.
      confirming: {
        limits,
        confirmation: wanted.confirmation ?? live?.confirmation,
        configMap: { namespace, name },
      },
      secretName,
      cluster,
    });
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
  planned: Configuration | undefined,
  live: Configuration | undefined,
) {
  if (planned !== undefined) return { source: `file ${file}`, wanted: planned, before: live };
  const name = `${namespace}/${configMap}`;
  if (live !== undefined) return { source: `ConfigMap ${name}`, wanted: live, before: undefined };
  throw new Failure('KUBERNETES_NOT_FOUND', `there is no ConfigMap ${name}; name a file with --file`);
}

async function inFile(file: string, { namespace, configMap: name }: PlanFlags): Promise<Configuration> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new Failure('FLAGS_INVALID', `--file is "${file}", which cannot be read`, { cause });
  });
  return configMapInManifest(text, { namespace, name });
}

/** Undefined where there is none. */
async function inCluster(
  connection: Connection,
  key: ObjectKey,
  signal: AbortSignal,
): Promise<Configuration | undefined> {
  try {
    return observedConfigMap(await readObject(connection, { resource: configMaps, ...key }, { signal }));
  } catch (thrown) {
    if (thrown instanceof Failure && thrown.code === 'KUBERNETES_NOT_FOUND') return undefined;
    throw thrown;
  }
}
