import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeDirectory, removeDirectory, startProgram } from '../real-parts/guardian.ts';
import type { ProxyAccess } from '../real-parts/registry-client.ts';

/** What one of the clients printed. */
export type LoginOutcome =
  | {
      readonly kind: 'logged in';
      readonly userName: string;
      readonly token: string;
      readonly expiresAtMs: number;
      readonly domains: readonly string[];
    }
  | { readonly kind: 'refused'; readonly status: number; readonly code: string };

export interface AccessKey {
  readonly id: string;
  readonly secret: string;
  /** Of temporary credentials. */
  readonly securityToken?: string;
}

export interface ForeignClient {
  readonly file: string;
  /** Before the options of each login. */
  readonly options: readonly string[];
}

const python = fileURLToPath(new URL('../../.cache/python/bin/python', import.meta.url));

/** Written when everything is in place: a venv that could not be finished has a python too. */
const pythonInstalled = fileURLToPath(new URL('../../.cache/python/.installed', import.meta.url));

/** Why the Python SDK cannot run; undefined where it can. */
export const noPython = existsSync(pythonInstalled)
  ? undefined
  : 'no .cache/python: make it with `make .cache/python/.installed` (needs python3-venv)';

export const pythonSdk = pythonClient('login.py');

/** A script of this directory. */
export function pythonClient(script: string): ForeignClient {
  // Without -B it would leave compiled files beside the sources.
  return { file: python, options: ['-B', fileURLToPath(new URL(script, import.meta.url))] };
}

/** Runs a client with a key against the sandbox. Throws when it neither logs in nor is refused. */
export function logIn(
  client: ForeignClient,
  access: ProxyAccess,
  key: AccessKey,
  options: readonly string[],
): Promise<LoginOutcome> {
  return ask<LoginOutcome>({ ...client, options: [...client.options, ...options] }, access, key);
}

/** Runs a client and gives the one line of JSON that it prints, a `kind` in it. Throws when there is none. */
export async function ask<Outcome extends { readonly kind: string }>(
  client: ForeignClient,
  access: ProxyAccess,
  key?: AccessKey,
): Promise<Outcome> {
  const directory = await makeDirectory('acr-foreign-client-');
  try {
    const logFile = join(directory, 'output');
    const environment = environmentFor(access, key, directory);
    const program = await startProgram({ ...client, environment, logFile });
    await program.finish(30_000);
    const output = readFileSync(logFile, 'utf8');
    const line = output.match(/^\{"kind":.*\}$/m)?.[0];
    if (line === undefined) throw new Error(`${client.file} broke down: ${output}`);
    return JSON.parse(line) as Outcome;
  } finally {
    await removeDirectory(directory);
  }
}

function environmentFor(
  access: ProxyAccess,
  key: AccessKey | undefined,
  home: string,
): Record<string, string> {
  return {
    HOME: home,
    HTTPS_PROXY: access.proxyUrl,
    SSL_CERT_FILE: access.caFile,
    ...(key === undefined ? {} : keyVariables(key)),
  };
}

function keyVariables({ id, secret, securityToken }: AccessKey): Record<string, string> {
  return {
    ALIBABA_CLOUD_ACCESS_KEY_ID: id,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret,
    ...(securityToken === undefined ? {} : { ALIBABA_CLOUD_SECURITY_TOKEN: securityToken }),
  };
}
