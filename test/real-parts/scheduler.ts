import { join } from 'node:path';
import { startProgram, type RunningProgram } from './guardian.ts';
import { programFile } from './program-file.ts';

/** Starts kube-scheduler, which puts Pods onto nodes. */
export function startScheduler(directory: string, kubeConfigFile: string): Promise<RunningProgram> {
  return startProgram({
    file: programFile('kube-scheduler'),
    options: [`--kubeconfig=${kubeConfigFile}`, '--leader-elect=false', '--secure-port=0'],
    environment: {},
    logFile: join(directory, 'kube-scheduler.log'),
  });
}
