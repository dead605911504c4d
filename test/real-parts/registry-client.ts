import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory, removeDirectory, startProgram } from './guardian.ts';
import { programFile } from './program-file.ts';

/** How clients on this machine reach the sandbox by the cloud's real host names. */
export interface ProxyAccess {
  readonly proxyUrl: string;
  readonly caFile: string;
}

/** What a process of the add-on's program needs in its environment for that. */
export function cloudEnvironment({ proxyUrl, caFile }: ProxyAccess): Record<string, string> {
  return { HTTPS_PROXY: proxyUrl, NO_PROXY: '127.0.0.1,localhost', NODE_EXTRA_CA_CERTS: caFile };
}

export type PullOutcome =
  | { readonly kind: 'pulled' }
  /** The registry or its token service said no, with this HTTP status. */
  | { readonly kind: 'refused'; readonly status: 401 | 403 | 404; readonly message: string };

export interface ClientSetup extends ProxyAccess {
  /** The text of a docker config.json, such as a pull secret's `.dockerconfigjson`; no login at all if left out. */
  readonly dockerConfig?: string;
  /** For credential helpers: where they are, and what they read. */
  readonly environment?: Readonly<Record<string, string>>;
}

const patienceMs = 30_000;

/** Pulls an image, all of its content, with crane. Throws when it is neither had nor refused. */
export async function pullImage(image: string, setup: ClientSetup): Promise<PullOutcome> {
  return await inDirectory(async (directory) => {
    const run = await crane(directory, setup, ['pull', image, join(directory, 'image.tar')]);
    if (run.succeeded) return { kind: 'pulled' };
    const status = refusalStatus(run.output);
    if (status === undefined) throw new Error(`crane pull ${image} broke down: ${run.output}`);
    return { kind: 'refused', status, message: run.output.trim() };
  });
}

/** Makes an image of one small file and pushes it with crane. Throws when that is refused. */
export async function pushImage(image: string, setup: ClientSetup): Promise<void> {
  await inDirectory(async (directory) => {
    const layer = join(directory, 'layer.tar');
    writeFileSync(join(directory, 'greeting'), `image ${image}\n`);
    await run(directory, { file: '/bin/tar', options: ['-cf', layer, '-C', directory, 'greeting'] });
    const pushed = await crane(directory, setup, ['append', '--new_layer', layer, '--new_tag', image]);
    if (!pushed.succeeded) throw new Error(`crane could not push ${image}: ${pushed.output}`);
  });
}

/** Pushes the one image of an OCI layout with crane. Throws when that is refused. */
export async function pushLayout(image: string, layout: string, setup: ClientSetup): Promise<void> {
  await inDirectory(async (directory) => {
    const pushed = await crane(directory, setup, ['push', layout, image]);
    if (!pushed.succeeded) throw new Error(`crane could not push ${image}: ${pushed.output}`);
  });
}

async function inDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await makeDirectory('acr-registry-client-');
  try {
    return await work(directory);
  } finally {
    await removeDirectory(directory);
  }
}

interface Run {
  readonly succeeded: boolean;
  readonly output: string;
}

function crane(directory: string, setup: ClientSetup, options: readonly string[]): Promise<Run> {
  const dockerDirectory = join(directory, 'docker');
  mkdirSync(dockerDirectory);
  writeFileSync(join(dockerDirectory, 'config.json'), setup.dockerConfig ?? '{}');
  const environment = {
    HOME: directory,
    DOCKER_CONFIG: dockerDirectory,
    HTTPS_PROXY: setup.proxyUrl,
    SSL_CERT_FILE: setup.caFile,
    ...setup.environment,
  };
  return run(directory, { file: programFile('crane'), options, environment });
}

async function run(
  directory: string,
  command: { file: string; options: readonly string[]; environment?: Record<string, string> },
): Promise<Run> {
  const logFile = join(directory, 'output.log');
  const program = await startProgram({ environment: {}, ...command, logFile });
  const { exitCode } = await program.finish(patienceMs);
  return { succeeded: exitCode === 0, output: readFileSync(logFile, 'utf8') };
}

const refusals = [
  [401, /UNAUTHORIZED|status code 401/],
  [403, /DENIED|status code 403/],
  [404, /NAME_UNKNOWN|MANIFEST_UNKNOWN|status code 404/],
] as const;

function refusalStatus(output: string): 401 | 403 | 404 | undefined {
  return refusals.find(([, words]) => words.test(output))?.[0];
}
