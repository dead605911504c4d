import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { startProgram, type RunningProgram } from './guardian.ts';
import { programFile } from './program-file.ts';

export interface ControllerManagerSetup {
  readonly directory: string;
  readonly kubeConfigFile: string;
  readonly serviceAccountKeyFile: string;
  readonly rootAuthorityFile: string;
  /** Whether Pods can run, so that all other controllers have something to do. */
  readonly hasNodes: boolean;
}

const controllers = [
  'namespace-controller',
  'serviceaccount-controller',
  'serviceaccount-token-controller',
  'root-ca-certificate-publisher-controller',
  'validatingadmissionpolicy-status-controller',
  'replicaset-controller',
  // Gives `admin`, `edit` and `view` their rules.
  'clusterrole-aggregation-controller',
];

/** What older versions call them, where it is not the same without `-controller`. */
const formerNames: Readonly<Record<string, string>> = {
  'root-ca-certificate-publisher-controller': 'root-ca-cert-publisher',
};

/** Those that this version has, by its own names: one that it does not know it refuses. */
function knownControllers(file: string): string[] {
  const help = execFileSync(file, ['--help'], { encoding: 'utf8', timeout: 30_000 });
  const known = new Set(/All controllers: (.*)/.exec(help)?.[1]?.split(', '));
  return controllers.flatMap((name) => [name, formerName(name)].filter((one) => known.has(one)));
}

function formerName(name: string): string {
  return formerNames[name] ?? name.replace(/-controller$/, '');
}

/** Starts kube-controller-manager with what makes `default` service accounts and Pods of ReplicaSets, ends namespaces, checks policies and fills roles. */
export function startControllerManager(setup: ControllerManagerSetup): Promise<RunningProgram> {
  const file = programFile('kube-controller-manager');
  return startProgram({
    file,
    options: [
      `--kubeconfig=${setup.kubeConfigFile}`,
      `--controllers=${setup.hasNodes ? '*' : knownControllers(file).join(',')}`,
      `--service-account-private-key-file=${setup.serviceAccountKeyFile}`,
      `--root-ca-file=${setup.rootAuthorityFile}`,
      '--leader-elect=false',
      '--secure-port=0',
    ],
    environment: {},
    logFile: join(setup.directory, 'kube-controller-manager.log'),
  });
}
