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

/** Starts kube-controller-manager with what makes `default` service accounts and Pods of ReplicaSets, ends namespaces, checks policies and fills roles. */
export function startControllerManager(setup: ControllerManagerSetup): Promise<RunningProgram> {
  return startProgram({
    file: programFile('kube-controller-manager'),
    options: [
      `--kubeconfig=${setup.kubeConfigFile}`,
      `--controllers=${setup.hasNodes ? '*' : controllers.join(',')}`,
      `--service-account-private-key-file=${setup.serviceAccountKeyFile}`,
      `--root-ca-file=${setup.rootAuthorityFile}`,
      '--leader-elect=false',
      '--secure-port=0',
    ],
    environment: {},
    logFile: join(setup.directory, 'kube-controller-manager.log'),
  });
}
