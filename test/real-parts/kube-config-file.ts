import { writeFileSync } from 'node:fs';
import { KubeConfig } from '@kubernetes/client-node';

export interface ClusterAccess {
  /** The API server's address. */
  readonly server: string;
  /** The authority of its certificate, in PEM; the machine's own authorities if left out. */
  readonly authority?: string;
  readonly user: string;
  readonly token: string;
}

/** A kubeconfig with one context. */
export function kubeConfigFor({ server, authority, user, token }: ClusterAccess): KubeConfig {
  const config = new KubeConfig();
  const caData = authority === undefined ? {} : { caData: Buffer.from(authority).toString('base64') };
  config.loadFromClusterAndUser(
    { name: 'cluster', server, skipTLSVerify: false, ...caData },
    { name: user, token },
  );
  return config;
}

/** Writes it where only this user can read it. */
export function writeKubeConfig(file: string, config: KubeConfig): string {
  writeFileSync(file, config.exportConfig(), { mode: 0o600 });
  return file;
}
