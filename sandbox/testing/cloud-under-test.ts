import { pino } from 'pino';
import { AuthorizationTokens } from '../container-registry/authorization-tokens.ts';
import { containerRegistryApp } from '../container-registry/container-registry-app.ts';
import { Calls } from '../control/calls.ts';
import { Faults } from '../control/faults.ts';
import { AccessKeys } from '../credentials/access-keys.ts';
import { Lifetimes } from '../lifetimes.ts';
import { IssuerKeys } from '../oidc/issuer-keys.ts';
import { UsedNonces } from '../signature/used-nonces.ts';
import { stsApp } from '../sts/sts-app.ts';
import type { World } from '../world/world.ts';
import { exampleWorld } from './example-world.ts';
import { signOfficially, type ClientCall } from './sign-officially.ts';

export const startMs = Date.parse('2026-01-31T12:00:00Z');

export interface CloudWishes {
  readonly timeScale?: number;
  /** The example world if left out. */
  readonly world?: World;
}

export type CloudUnderTest = Awaited<ReturnType<typeof cloudUnderTest>>;

/** For tests: STS and the Container Registry API of a world in the example's two regions, at a time that the test moves. */
export async function cloudUnderTest(wishes: CloudWishes = {}) {
  const { timeScale = 1, world = await exampleWorld() } = wishes;
  const now = { ms: startMs };
  const calls = new Calls(() => undefined);
  const control = { calls, faults: new Faults(), nowMs: () => now.ms };
  const accessKeys = new AccessKeys(world);
  const memory = { accessKeys, usedNonces: new UsedNonces() };
  const tokens = new AuthorizationTokens();
  const lifetimes = new Lifetimes(timeScale);
  const logger = pino({ enabled: false });
  const app = (regionId: string) =>
    containerRegistryApp({ world, tokens, lifetimes, memory, control, logger, regionId });
  const hangzhou = app('cn-hangzhou');
  const beijing = app('cn-beijing');
  const keys = new IssuerKeys(control.nowMs);
  const sts = stsApp({ world, keys, lifetimes, memory, control, logger });
  async function send(request: Request, to = hangzhou) {
    const response = await to.fetch(request);
    const body = (await response.json()) as Record<string, unknown>;
    return { status: response.status, headers: response.headers, body };
  }
  return { now, control, calls, accessKeys, tokens, beijing, sts, send };
}

/** A session of the example's node role that ends when told. */
export function sessionOf(expiresAtMs: number) {
  return {
    kind: 'role-session',
    account: '1000000000000001',
    roleName: 'KubernetesWorkerRole',
    sessionName: 'node',
    expiresAtMs,
  } as const;
}

/** The parameter that names the example world's Enterprise instance. */
export const acme = { InstanceId: 'cri-sandbox00000001' };

/** A call that is signed at the start of the test's time, unless it says otherwise. */
export function signed(call: Omit<ClientCall, 'signedAtMs'> & { readonly signedAtMs?: number }): Request {
  return signOfficially({ signedAtMs: startMs, ...call });
}
