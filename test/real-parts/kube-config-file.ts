import { writeFileSync } from 'node:fs';
import { KubeConfig, type Cluster } from '@kubernetes/client-node';

export interface TokenUser {
  readonly name: string;
  readonly token: string;
}

/** A kubeconfig with one context. */
export function kubeConfigFor(cluster: Cluster, user: TokenUser): KubeConfig {
  const config = new KubeConfig();
  config.loadFromClusterAndUser({ ...cluster }, { ...user });
  return config;
}

/** Writes it where only this user can read it, and gives the file's name back. */
export function writeKubeConfig(file: string, config: KubeConfig): string {
  writeFileSync(file, config.exportConfig(), { mode: 0o600 });
  return file;
}
