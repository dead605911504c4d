import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubernetesObject } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { applyObjects } from './admission-policy.ts';
import type { ControlPlane } from './control-plane.ts';
import { startProgram, type RunningProgram } from './guardian.ts';
import { programFile } from './program-file.ts';

const definitions = new URL('../../.cache/cert-manager/', import.meta.url);

/** Starts the real cert-manager, as far as it keeps certificates of self-signed and CA issuers, with its CA injector. */
export async function startCertManager(
  { kubeConfig, kubeConfigFile }: Pick<ControlPlane, 'kubeConfig' | 'kubeConfigFile'>,
  directory: string,
): Promise<RunningProgram> {
  const files = readdirSync(definitions).map((name) => readFileSync(new URL(name, definitions), 'utf8'));
  await applyObjects(
    kubeConfig,
    files.map((text) => parse(text) as KubernetesObject),
  );
  return await startProgram({
    file: programFile('cert-manager'),
    options: [`--kubeconfig=${kubeConfigFile}`],
    environment: {},
    logFile: join(directory, 'cert-manager.log'),
  });
}
