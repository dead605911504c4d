import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  ApiException,
  AuthenticationV1Api,
  AuthorizationV1Api,
  CoreV1Api,
  KubeConfig,
} from '@kubernetes/client-node';
import { createLocalJWKSet, decodeJwt, jwtVerify, type JSONWebKeySet } from 'jose';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startControlPlane, type ControlPlane } from '../real-parts/control-plane.ts';
import { Kubectl } from '../real-parts/kubectl.ts';
import { noControlOfCluster } from '../real-parts/users-cluster.ts';
import { waitUntil } from '../real-parts/wait-until.ts';

/** Command lines of all processes that mention a directory; Linux only, like the rest of the real parts. */
function processesUsing(directory: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')];
      } catch {
        return [];
      }
    })
    .filter((commandLine) => commandLine.includes(directory));
}

/** Reads a document of the API server without any login. */
async function openly({ address, kubeConfig }: ControlPlane, path: string): Promise<Record<string, unknown>> {
  const ca = Buffer.from(kubeConfig.getCurrentCluster()?.caData ?? '', 'base64');
  const dispatcher = new Agent({ connect: { ca } });
  const answer = await request(new URL(path, address), { dispatcher, signal: AbortSignal.timeout(5000) });
  return (await answer.body.json()) as Record<string, unknown>;
}

const whySkipped = noControlOfCluster === undefined ? '' : ` (skipped: ${noControlOfCluster})`;

describe.skipIf(noControlOfCluster !== undefined)(`a control plane${whySkipped}`, () => {
  let controlPlane: ControlPlane;
  let core: CoreV1Api;

  beforeAll(async () => {
    controlPlane = await startControlPlane({ auditLog: true });
    core = controlPlane.kubeConfig.makeApiClient(CoreV1Api);
  });
  afterAll(() => controlPlane?.stop());

  test('gives a new namespace its default service account, and ends a deleted namespace', async () => {
    const name = 'born-and-gone';
    await core.createNamespace({ body: { metadata: { name } } });
    await waitUntil({ what: 'the default service account', withinMs: 5000 }, () =>
      core.readNamespacedServiceAccount({ name: 'default', namespace: name }),
    );
    await core.deleteNamespace({ name });
    const gone = waitUntil({ what: 'the namespace is gone', withinMs: 15_000 }, async () => {
      const { items } = await core.listNamespace();
      return items.every(({ metadata }) => metadata?.name !== name);
    });
    await expect(gone).resolves.toBe(true);
  });

  test('gives the add-on its own account with the rights of deploy/rbac.yaml and no others', async () => {
    const config = new KubeConfig();
    config.loadFromFile(await controlPlane.addOnKubeConfig());
    const mayI = async (verb: string, resource: string, name?: string) => {
      const resourceAttributes = {
        verb,
        resource,
        namespace: 'default',
        ...(name === undefined ? {} : { name }),
      };
      const review = await config
        .makeApiClient(AuthorizationV1Api)
        .createSelfSubjectAccessReview({ body: { spec: { resourceAttributes } } });
      return review.status?.allowed;
    };
    expect(await mayI('patch', 'serviceaccounts')).toBe(true);
    expect(await mayI('create', 'secrets', 'acr-credential-secret-aggregation')).toBe(true);
    expect(await mayI('get', 'secrets', 'another')).toBe(false);
    await expect(config.makeApiClient(CoreV1Api).listSecretForAllNamespaces()).rejects.toBeInstanceOf(
      ApiException,
    );
  });

  test('tells who asked for what', async () => {
    await core.createNamespace({ body: { metadata: { name: 'audited' } } });
    const created = controlPlane
      .auditEvents()
      .filter(({ verb, objectRef }) => verb === 'create' && objectRef?.name === 'audited');
    expect(created).toMatchObject([
      { stage: 'ResponseComplete', user: { username: 'admin' }, responseStatus: { code: 201 } },
    ]);
  });

  test('keeps its data over a restart of the API server, which is away in between', async () => {
    await core.createNamespace({ body: { metadata: { name: 'kept' } } });
    await controlPlane.restartApiServer({
      async whileDown() {
        await expect(core.listNamespace()).rejects.toThrow(/fetch failed/);
      },
    });
    await expect(core.readNamespace({ name: 'kept' })).resolves.toMatchObject({ metadata: { name: 'kept' } });
  });

  test('shows anybody who its issuer is and which keys it signs with, and can get another issuer', async () => {
    const kubectl = new Kubectl(controlPlane.kubeConfig);
    const account = { namespace: 'default', name: 'default' };
    const former = await kubectl.tokenOf(account, controlPlane.address);
    expect(decodeJwt(former).iss).toBe(controlPlane.address);
    const { jwks_uri: keysUrl } = await openly(controlPlane, '/.well-known/openid-configuration');
    const keys = await openly(controlPlane, new URL(keysUrl as string).pathname);
    await expect(
      jwtVerify(former, createLocalJWKSet(keys as unknown as JSONWebKeySet)),
    ).resolves.toBeDefined();

    await controlPlane.restartApiServer({ issuer: 'https://issuer.example/of-the-cluster' });
    expect(decodeJwt(await kubectl.tokenOf(account, 'anybody')).iss).toBe(
      'https://issuer.example/of-the-cluster',
    );
    const reviewed = await controlPlane.kubeConfig
      .makeApiClient(AuthenticationV1Api)
      .createTokenReview({ body: { spec: { token: former } } });
    expect(reviewed.status?.authenticated).toBe(true);
  });

  test('leaves no process and no file behind when its user is killed', async () => {
    const trial = spawn(
      process.execPath,
      [fileURLToPath(new URL('control-plane-trial.ts', import.meta.url))],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    const [line] = (await once(trial.stdout, 'data')) as [Buffer];
    const directory = dirname(line.toString().trim());
    expect(processesUsing(directory)).toHaveLength(3);
    trial.kill('SIGKILL');
    const gone = waitUntil({ what: 'processes and files are gone', withinMs: 10_000 }, () => {
      return processesUsing(directory).length === 0 && !existsSync(directory);
    });
    await expect(gone).resolves.toBe(true);
  });
});
