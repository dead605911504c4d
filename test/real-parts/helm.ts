import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { KubernetesObject } from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import { programFile } from './program-file.ts';
import { tethered } from './tether.ts';

export const helmVersions = ['helm3', 'helm4'] as const;
export type HelmVersion = (typeof helmVersions)[number];

export const chart = fileURLToPath(new URL('../../charts/acr-credential-helper', import.meta.url));

export interface HelmCommand {
  readonly options: readonly string[];
  /** In place of the chart's own. */
  readonly values?: Readonly<Record<string, unknown>>;
  readonly kubeConfigFile?: string;
  /** Killed after that; a minute if left out. */
  readonly patienceMs?: number;
}

/** Without a cluster, Helm takes the version of Kubernetes from here. */
const kubernetes = '--kube-version=1.36.0';
const noCluster = '/dev/null';
/** Nobody's plugins, repositories or defaults have a part in it. */
const noHome = join(tmpdir(), 'acr-no-helm-home');

/** Runs Helm. Gives what it writes to standard output; throws with what it says where it refuses. */
export async function helm(version: HelmVersion, command: HelmCommand): Promise<string> {
  const { options, values, kubeConfigFile = noCluster, patienceMs = 60_000 } = command;
  // Where it keeps what it has learned of a cluster; goes with the cluster.
  const home = kubeConfigFile === noCluster ? noHome : dirname(kubeConfigFile);
  const environment = {
    HOME: home,
    HELM_CONFIG_HOME: noHome,
    HELM_CACHE_HOME: noHome,
    HELM_DATA_HOME: noHome,
  };
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const withValues = values === undefined ? options : [...options, '--values=-'];
  const child = execFile(
    ...tethered(programFile(version), [...withValues, `--kubeconfig=${kubeConfigFile}`]),
    { env: environment, timeout: patienceMs, killSignal: 'SIGKILL', maxBuffer: 64 * 1024 * 1024 },
    (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${version} ${options.join(' ')}: ${stdout}${stderr}`, { cause: error }));
    },
  );
  child.stdin?.end(JSON.stringify(values ?? {}));
  return await promise;
}

/**
 * What the chart makes of the values in kube-system, where the cluster serves those `apiVersions` (`group/version/Kind`)
 * besides what Helm takes for granted. Throws where they are refused.
 */
export async function render(
  version: HelmVersion,
  values: Readonly<Record<string, unknown>>,
  apiVersions: readonly string[] = [],
): Promise<readonly KubernetesObject[]> {
  const served = apiVersions.map((each) => `--api-versions=${each}`);
  const options = ['template', 'acr', chart, '--namespace=kube-system', kubernetes, ...served];
  return objectsIn(await helm(version, { options, values }));
}

/** What the chart tells who has installed it, on a cluster without policies. Helm 3 would ask a cluster for that. */
export async function notes(values: Readonly<Record<string, unknown>>): Promise<string> {
  const options = ['install', 'acr', chart, '--namespace=kube-system', '--dry-run=client'];
  const told = await helm('helm4', { options, values });
  return told.slice(told.indexOf('\nNOTES:\n'));
}

/** `helm lint --strict`. */
export async function lint(version: HelmVersion, values: Readonly<Record<string, unknown>>): Promise<string> {
  const options = ['lint', chart, '--strict', '--namespace=kube-system', kubernetes];
  return await helm(version, { options, values });
}

/** Whether Helm makes it only at some moment of a release's life, and not with the release. */
export function isHook({ metadata }: KubernetesObject): boolean {
  return metadata?.annotations?.['helm.sh/hook'] !== undefined;
}

export function objectsIn(manifests: string): readonly KubernetesObject[] {
  return parseAllDocuments(manifests)
    .map((document) => document.toJS() as KubernetesObject | null)
    .filter((object) => object !== null);
}
