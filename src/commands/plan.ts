import { readFile } from 'node:fs/promises';
import { cloudAccess } from '../controller/cloud-access.ts';
import { brakeLimits, checkCloudFlags, checkObjectNames, type RawCloudFlags } from '../controller/flags.ts';
import { checkIdentities, type IdentityFinding } from '../controller/identity-check.ts';
import { observedConfigMap } from '../controller/observed-objects.ts';
import { operatorsKubeConfig } from '../controller/kube-config.ts';
import { scopeName } from '../pull-secrets/published-scope.ts';
import { Failure } from '../failures/failure.ts';
import { connectionTo, type Connection } from '../kubernetes/connection.ts';
import { readObject } from '../kubernetes/objects.ts';
import { configMaps, type ObjectKey } from '../kubernetes/resource.ts';
import { systemClock } from '../runtime/clock.ts';
import type { Environment } from '../runtime/environment.ts';
import { readSettings } from '../settings/read-settings.ts';
import { clusterSnapshot } from './cluster-snapshot.ts';
import { configMapInManifest } from './config-map-manifest.ts';
import { identityText } from './identity-text.ts';
import { planReport, type ConfigMapData, type PlanReport } from './plan-report.ts';
import { planText, type Paint } from './plan-text.ts';

/** The `plan` command's flags; those about the cloud are for `checkIdentity`. */
export interface PlanFlags extends RawCloudFlags {
  readonly file?: string;
  readonly kubeconfig?: string;
  readonly namespace: string;
  readonly configMap: string;
  readonly secretName: string;
  readonly brakeShare: string;
  readonly brakeCount: string;
  readonly adoptAttachments: boolean;
  readonly checkIdentity: boolean;
  readonly output: 'text' | 'json';
}

export interface PlanRun {
  readonly flags: PlanFlags;
  readonly write: (text: string) => void;
  readonly paint: Paint;
  readonly environment: Environment;
  readonly signal: AbortSignal;
}

type Configuration = ReturnType<typeof configMapInManifest>;

type ExitCode = 0 | 2 | 3;

/**
 * Says what a configuration would do to the cluster, and does nothing to it. Gives the process's exit code: 2
 * where the configuration is refused, 3 where an identity was to be checked and has not proved to work, else 0.
 * Throws FLAGS_INVALID, MANIFEST_INVALID and KUBERNETES_….
 */
export async function runPlan(run: PlanRun): Promise<ExitCode> {
  const { flags, write, paint, signal } = run;
  checkObjectNames(flags);
  const limits = brakeLimits(flags);
  const planned = flags.file === undefined ? undefined : await inFile(flags.file, flags);
  const connection = connectionTo(operatorsKubeConfig(flags.kubeconfig), systemClock);
  try {
    const { namespace, configMap: name, secretName } = flags;
    const [live, scope, cluster] = await Promise.all([
      inCluster(connection, { namespace, name }, signal),
      inCluster(connection, { namespace, name: scopeName }, signal),
      clusterSnapshot(connection, { secretName }, signal),
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
      adoptsMentions: flags.adoptAttachments,
      cluster,
    });
    const identities = await findings(run, connection, wanted.data);
    const text = () => planText(report, paint) + (identities ? identityText(identities, paint) : '');
    write(flags.output === 'json' ? `${JSON.stringify({ ...report, identities }, undefined, 2)}\n` : text());
    return exitCodeOf(report, identities);
  } finally {
    await connection.close();
  }
}

/** Undefined where they were not asked for, or nothing names them. */
async function findings(
  { flags, environment, signal }: PlanRun,
  connection: Connection,
  data: ConfigMapData,
): Promise<readonly IdentityFinding[] | undefined> {
  const reading = readSettings(data);
  if (!flags.checkIdentity || reading.kind === 'refused') return undefined;
  const { namespace } = flags;
  const cloud = cloudAccess(
    { connection, clock: systemClock, environment },
    { namespace, ...checkCloudFlags(flags) },
  );
  try {
    return await checkIdentities(cloud.mint, reading.settings.instances, signal);
  } finally {
    await cloud.close();
  }
}

function exitCodeOf(report: PlanReport, identities: readonly IdentityFinding[] | undefined): ExitCode {
  switch (report.kind) {
    case 'refused':
      return 2;
    case 'planned': {
      if (identities === undefined) return 0;
      // An entry that is refused has no identity that could work.
      const areProven = report.problems.length === 0 && identities.every(({ kind }) => kind === 'works');
      return areProven ? 0 : 3;
    }
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
