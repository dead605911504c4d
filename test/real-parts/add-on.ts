import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.ts';
import { makeDirectory, startProgram, type RunningProgram } from './guardian.ts';
import { cloudEnvironment, type ProxyAccess } from './registry-client.ts';
import { waitUntil } from './wait-until.ts';

export interface AddOnSetup {
  /** Of the add-on's own account: `ControlPlane.addOnKubeConfig()`. */
  readonly kubeConfigFile: string;
  readonly cloud: ProxyAccess & { readonly metadataUrl: string };
  /** Further flags of `acr-credential-helper controller`. */
  readonly flags?: readonly string[];
  /** Further environment variables. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A program, and what comes before its own options; left out: the add-on from its sources. */
  readonly command?: Command;
}

export type Command = readonly [file: string, ...options: string[]];

/** The controller as a process of its own. Its output can still be read when it has ended. */
export interface AddOn {
  /** What it reaches the API server with. */
  readonly kubeConfigFile: string;
  /** Where its output goes; removed with the process that started it. */
  readonly logFile: string;
  readonly pid: number;
  /** Everything it has logged so far. */
  readonly output: () => string;
  readonly hasEnded: () => boolean;
  /** What its health server says at `healthz` or `readyz`. */
  health(path: string): Promise<string>;
  /** SIGTERM, as from a kubelet. */
  readonly stop: RunningProgram['stop'];
  /** SIGKILL. */
  readonly kill: RunningProgram['kill'];
}

const sources = fileURLToPath(new URL('../../bin/acr-credential-helper.ts', import.meta.url));
const fromSources: Command = [process.execPath, sources];

/** Starts the real controller program and waits until it is alive. */
export async function startAddOn(setup: AddOnSetup): Promise<AddOn> {
  const { kubeConfigFile, cloud, flags = [], command = fromSources, environment = {} } = setup;
  const [file, ...options] = command;
  const [directory, port] = await Promise.all([makeDirectory('acr-add-on-'), freePort()]);
  const logFile = join(directory, 'add-on.log');
  const running = await startProgram({
    file,
    options: [
      ...options,
      'controller',
      `--kubeconfig=${kubeConfigFile}`,
      `--metadata-endpoint=${cloud.metadataUrl}`,
      `--health-address=127.0.0.1:${port}`,
      ...flags,
    ],
    environment: { ...cloudEnvironment(cloud), ...environment },
    logFile,
  });
  const health = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}/${path}`, { signal: AbortSignal.timeout(2000) });
    return await answer.text();
  };
  await waitUntil({ what: 'the add-on is alive', withinMs: 60_000, program: running }, () =>
    health('healthz'),
  );
  return {
    pid: running.pid,
    kubeConfigFile,
    logFile,
    output: running.output,
    hasEnded: running.hasEnded,
    health,
    stop: running.stop,
    kill: running.kill,
  };
}
