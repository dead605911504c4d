import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDocument, YAMLSeq, type Document } from 'yaml';
import { z } from 'zod';
import type { CallSummary } from '../../sandbox/control/calls.ts';
import type { faultSchema } from '../../sandbox/control/faults.ts';
import { registryConfiguration } from '../../sandbox/token-service/registry-configuration.ts';
import type { Account } from '../../sandbox/world/account.ts';
import { parseWorld } from '../../sandbox/world/read-world.ts';
import { freePort } from './free-port.ts';
import { makeDirectory, removeDirectory, startProgram, type RunningProgram } from './guardian.ts';
import { programFile } from './program-file.ts';
import { pullImage, pushImage, pushLayout, type PullOutcome } from './registry-client.ts';
import { startRegistry } from './registry.ts';
import { waitUntil } from './wait-until.ts';

export interface CloudWishes {
  /** A YAML world; where its registries listen is decided here. `sandbox/world/example.yaml` if left out. */
  readonly worldFile?: string;
  /** By how much the lifetimes are shortened: 600 lets an hour pass in 6 s. */
  readonly timeScale?: number;
}

export type Fault = z.input<typeof faultSchema>;

/** Alibaba Cloud on this machine: the sandbox as a process of its own, and a real registry for each instance. */
export interface Cloud {
  /** For HTTPS_PROXY: behind it are the cloud's real host names. */
  readonly proxyUrl: string;
  /** The authority of their certificates. */
  readonly caFile: string;
  readonly metadataUrl: string;
  readonly controlUrl: string;
  /** Pushes a small image, logged in by docker-credential-acr-helper; as the worlds' `publisher` if left out. */
  publish(image: string, publisher?: string): Promise<void>;
  /** Pushes the one image of an OCI layout. */
  publishLayout(image: string, layout: string, publisher?: string): Promise<void>;
  /** Pulls with exactly this docker config.json; with no login at all if left out. */
  pull(image: string, dockerConfig?: string): Promise<PullOutcome>;
  /** What RAM knows of accounts now. */
  accounts(): Promise<readonly Account[]>;
  /** Puts others in their place, as somebody at RAM's console would. Throws where they are no good. */
  replaceAccounts(accounts: readonly Account[]): Promise<void>;
  calls(): Promise<CallSummary>;
  /** How many authorization tokens were given out. */
  mints(): Promise<number>;
  setFault(fault: Fault): Promise<void>;
  clearFaults(): Promise<void>;
  /** The sandbox's log so far. */
  readonly output: () => string;
  /** The registries' logs so far: what they refused. */
  readonly registriesOutput: () => string;
  stop(): Promise<void>;
}

const sandboxProgram = fileURLToPath(new URL('../../sandbox/main.ts', import.meta.url));
const exampleWorld = fileURLToPath(new URL('../../sandbox/world/example.yaml', import.meta.url));
/** Of Enterprise and Personal Edition. */
const mintActions = ['GetAuthorizationToken', 'GET /tokens'];

/** Starts the sandbox and its registries on free ports, with clean data. */
export async function startCloud(wishes: CloudWishes = {}): Promise<Cloud> {
  const directory = await makeDirectory('acr-cloud-');
  const running: RunningProgram[] = [];
  const stop = async () => {
    await Promise.all(running.map((program) => program.kill()));
    await removeDirectory(directory);
  };
  try {
    const world = await worldOnFreePorts(wishes.worldFile ?? exampleWorld);
    const sandbox = await startSandbox(directory, world, wishes.timeScale ?? 1);
    running.push(sandbox.program);
    const registries = await startRegistries(directory, world, sandbox.ready.jwksFile);
    running.push(...registries);
    return cloudOf(sandbox, registries, stop);
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

/** The world's text with a free port for each instance's registry. */
async function worldOnFreePorts(worldFile: string): Promise<string> {
  const world: Document = parseDocument(readFileSync(worldFile, 'utf8'));
  const instances = world.get('instances');
  const count = instances instanceof YAMLSeq ? instances.items.length : 0;
  const ports = await Promise.all(Array.from({ length: count }, freePort));
  for (const [index, port] of ports.entries()) {
    world.setIn(['instances', index, 'backend'], `http://127.0.0.1:${port}`);
  }
  return world.toString();
}

const readyLine = z.object({
  edge: z.url(),
  metadata: z.url(),
  control: z.url(),
  caFile: z.string(),
  jwksFile: z.string(),
});

interface Sandbox {
  readonly program: RunningProgram;
  readonly ready: z.output<typeof readyLine>;
}

async function startSandbox(directory: string, world: string, timeScale: number): Promise<Sandbox> {
  const worldFile = join(directory, 'world.yaml');
  const stateDirectory = join(directory, 'sandbox');
  writeFileSync(worldFile, world);
  mkdirSync(stateDirectory);
  const options = ['--world', worldFile, '--state-dir', stateDirectory, '--time-scale', String(timeScale)];
  const program = await startProgram({
    file: process.execPath,
    options: [sandboxProgram, ...options],
    environment: {},
    logFile: join(directory, 'sandbox.log'),
  });
  const ready = await waitUntil({ what: 'the sandbox is ready', withinMs: 60_000, program }, () => {
    const line = program.output().match(/^\{"edge":.*\}$/m)?.[0];
    return line === undefined ? undefined : readyLine.parse(JSON.parse(line));
  });
  return { program, ready };
}

function startRegistries(directory: string, world: string, jwksFile: string): Promise<RunningProgram[]> {
  const { instances } = parseWorld(world, 'world.yaml');
  return Promise.all(
    instances.map((instance, index) => {
      const name = `registry-${index}`;
      const storageDir = join(directory, name);
      const configuration = registryConfiguration(instance, { storageDir, jwksFile });
      return startRegistry({ directory, name, configuration, url: instance.backend });
    }),
  );
}

function cloudOf(
  { program, ready }: Sandbox,
  registries: readonly RunningProgram[],
  stop: () => Promise<void>,
): Cloud {
  const access = { proxyUrl: ready.edge, caFile: ready.caFile };
  const calls = async () => (await (await control(ready.control, 'GET', '/calls')).json()) as CallSummary;
  return {
    ...access,
    metadataUrl: ready.metadata,
    controlUrl: ready.control,
    async publish(image, publisher) {
      await pushImage(image, { ...access, ...publisherLogin(image, publisher) });
    },
    async publishLayout(image, layout, publisher) {
      await pushLayout(image, layout, { ...access, ...publisherLogin(image, publisher) });
    },
    pull: (image, dockerConfig = '{}') => pullImage(image, { ...access, dockerConfig }),
    async accounts() {
      return (await (await control(ready.control, 'GET', '/accounts')).json()) as Account[];
    },
    async replaceAccounts(accounts) {
      await control(ready.control, 'PUT', '/accounts', accounts);
    },
    calls,
    async mints() {
      const { counts } = await calls();
      return mintActions.reduce(
        (sum, action) => sum + (counts[`container-registry.${action}`]?.['ok'] ?? 0),
        0,
      );
    },
    async setFault(fault) {
      await control(ready.control, 'POST', '/faults', fault);
    },
    async clearFaults() {
      await control(ready.control, 'DELETE', '/faults');
    },
    output: program.output,
    registriesOutput: () => registries.map((registry) => registry.output()).join(''),
    stop,
  };
}

function publisherLogin(image: string, publisher = 'publisher') {
  const host = image.slice(0, image.indexOf('/'));
  return {
    dockerConfig: JSON.stringify({ credHelpers: { [host]: 'acr-helper' } }),
    environment: {
      ALIBABA_CLOUD_ACCESS_KEY_ID: `SANDBOX${publisher.replaceAll('-', '').toUpperCase()}`,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: `sandbox-secret-of-${publisher}`,
      PATH: dirname(programFile('docker-credential-acr-helper')),
    },
  };
}

async function control(url: string, method: string, path: string, body?: object): Promise<Response> {
  const answer = await fetch(new URL(path, url), {
    method,
    signal: AbortSignal.timeout(5000),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (answer.ok) return answer;
  throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
}
