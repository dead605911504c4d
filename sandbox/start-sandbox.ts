import { Hono } from 'hono';
import type { Logger } from 'pino';
import { openCertificateAuthority } from './certificates/certificate-authority.ts';
import { AuthorizationTokens } from './container-registry/authorization-tokens.ts';
import { containerRegistryApp } from './container-registry/container-registry-app.ts';
import { Calls } from './control/calls.ts';
import { fetchWithResets } from './control/connection-reset.ts';
import { controlApp } from './control/control-app.ts';
import type { Control, CountedEnv } from './control/count-and-inject-faults.ts';
import { Faults } from './control/faults.ts';
import { AccessKeys } from './credentials/access-keys.ts';
import { startEdge } from './edge/start-edge.ts';
import { Lifetimes } from './lifetimes.ts';
import { metadataApp } from './metadata/metadata-app.ts';
import { RoleCredentials } from './metadata/role-credentials.ts';
import { IssuerKeys } from './oidc/issuer-keys.ts';
import type { Options } from './options.ts';
import { routeByHost } from './route-by-host.ts';
import { serveOnLoopback } from './serve-on-loopback.ts';
import { UsedNonces } from './signature/used-nonces.ts';
import { stsApp } from './sts/sts-app.ts';
import { openSigningKey } from './token-service/signing-key.ts';
import { tokenService } from './token-service/token-service.ts';
import { writeRegistryConfigurations } from './token-service/write-registry-configurations.ts';
import { ChangeableAccounts } from './world/changeable-accounts.ts';
import type { World } from './world/world.ts';

export interface Sandbox {
  /** What a program that starts the sandbox has to know; printed as the one line on stdout. */
  readonly ready: {
    /** The proxy for HTTPS_PROXY. */
    readonly edge: string;
    readonly metadata: string;
    readonly control: string;
    readonly caFile: string;
    readonly jwksFile: string;
  };
  close(): Promise<void>;
}

export interface SandboxSurroundings {
  readonly logger: Logger;
  readonly nowMs: () => number;
}

/**
 * Starts everything on loopback but the registries, whose configurations it writes. Throws what listening and the
 * file system throw.
 */
export async function startSandbox(
  given: World,
  options: Omit<Options, 'world'>,
  { logger, nowMs }: SandboxSurroundings,
): Promise<Sandbox> {
  const accounts = new ChangeableAccounts(given);
  const { world } = accounts;
  const certificates = await openCertificateAuthority(options['state-dir'], nowMs);
  const signingKey = await openSigningKey(options['state-dir']);
  const { jwksFile } = signingKey;
  await writeRegistryConfigurations(world, { stateDir: options['state-dir'], jwksFile });

  const lifetimes = new Lifetimes(options['time-scale']);
  const calls = new Calls((call) => logger.info(call, 'call'));
  const control: Control = { calls, faults: new Faults(), nowMs };
  const accessKeys = new AccessKeys(world);
  const memory = { accessKeys, usedNonces: new UsedNonces() };
  const tokens = new AuthorizationTokens();
  const keys = new IssuerKeys(nowMs);

  const metadata = fetchWithResets(machineMetadata(world, { accessKeys, lifetimes, control }));
  const route = routeByHost(world, {
    containerRegistry: (regionId) =>
      fetchWithResets(containerRegistryApp({ world, tokens, lifetimes, memory, control, logger, regionId })),
    sts: fetchWithResets(stsApp({ world, keys, lifetimes, memory, control, logger })),
    tokenService: fetchWithResets(tokenService({ world, tokens, signingKey, control, nowMs })),
    metadata,
  });

  const started: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(started.map((server) => server.close()));
  };
  const keep = <T extends { close(): Promise<void> }>(server: T): T => {
    started.push(server);
    return server;
  };
  try {
    const edge = keep(await startEdge({ port: options['edge-port'], route, certificates, logger }));
    const served = keep(await serveOnLoopback(metadata, options['metadata-port']));
    const controls = keep(
      await serveOnLoopback(controlApp({ ...control, accounts }).fetch, options['control-port']),
    );
    const { caFile } = certificates;
    return {
      ready: { edge: edge.url, metadata: served.url, control: controls.url, caFile, jwksFile },
      close,
    };
  } catch (cause) {
    await close();
    throw cause;
  }
}

/** A world without a machine has a metadata port too, at which nothing is found. */
function machineMetadata(
  world: World,
  parts: { readonly accessKeys: AccessKeys; readonly lifetimes: Lifetimes; readonly control: Control },
): Hono<CountedEnv> {
  const machine = world.ecs;
  if (machine === undefined) return new Hono<CountedEnv>();
  const { control, accessKeys, lifetimes } = parts;
  const roleCredentials = new RoleCredentials({ accessKeys, machine, lifetimes, nowMs: control.nowMs });
  return metadataApp({ machine, mode: world.metadata.mode, control, roleCredentials });
}
