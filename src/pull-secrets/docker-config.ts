import type { RegistryLogin } from '../logins/registry-login.ts';
import { Sensitive } from '../runtime/sensitive.ts';

/**
 * All logins of a namespace as one docker configuration: the JSON of a `.dockerconfigjson`. The same logins
 * give the same text. No host may be in two of them (`settleLogins`).
 * Source: the `auths` object of docker's config.json, which the kubelet reads.
 */
export function dockerConfig(logins: readonly RegistryLogin[], email: string): Sensitive {
  const owners = logins.flatMap((login) => login.domains.map((host) => [host, login] as const));
  const hosts = owners.toSorted(([a], [b]) => (a < b ? -1 : 1));
  const auths = Object.fromEntries(hosts.map(([host, login]) => [host, authOf(login, email)]));
  return new Sensitive(JSON.stringify({ auths }));
}

/** How much of a Secret's data it takes. */
export function dockerConfigBytes(logins: readonly RegistryLogin[], email: string): number {
  return new TextEncoder().encode(dockerConfig(logins, email).reveal()).length;
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
