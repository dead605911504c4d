import type { RegistryLogin } from '../logins/registry-login.ts';
import { Sensitive } from '../runtime/sensitive.ts';

/** Two instances claim one host; the first has it. */
export interface HostConflict {
  readonly host: string;
  readonly keptFor: string;
  readonly refusedFor: string;
}

export interface DockerConfig {
  /** The JSON of a `.dockerconfigjson`. The same logins give the same text. */
  readonly json: Sensitive;
  readonly conflicts: readonly HostConflict[];
}

/**
 * All logins of a namespace as one docker configuration.
 * Source: the `auths` object of docker's config.json, which the kubelet reads.
 */
export function dockerConfig(logins: readonly RegistryLogin[], email: string): DockerConfig {
  const owners = new Map<string, RegistryLogin>();
  const conflicts: HostConflict[] = [];
  for (const login of logins) {
    for (const host of login.domains) {
      const owner = owners.get(host);
      if (owner === undefined) owners.set(host, login);
      else if (owner !== login) {
        conflicts.push({ host, keptFor: owner.instanceKey, refusedFor: login.instanceKey });
      }
    }
  }
  const hosts = [...owners].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const auths = Object.fromEntries(hosts.map(([host, login]) => [host, authOf(login, email)]));
  return { json: new Sensitive(JSON.stringify({ auths })), conflicts };
}

function authOf({ userName, token }: RegistryLogin, email: string) {
  const password = token.reveal();
  return {
    username: userName,
    password,
    email,
    auth: Buffer.from(`${userName}:${password}`).toString('base64'),
  };
}
