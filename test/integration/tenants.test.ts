import type { KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AddOn } from '../real-parts/add-on.ts';
import type { ApiCaller, ApiRequest } from '../real-parts/api-caller.ts';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { enterpriseEntry, startStage, type Stage } from '../real-parts/stage.ts';
import { tenantOf } from '../real-parts/tenant.ts';
import { waitUntil } from '../real-parts/wait-until.ts';
import { merge } from './api-requests.ts';

const evilHost = 'registry.evil.example';
const forgedConfig = JSON.stringify({
  auths: { [evilHost]: { username: 'evil', password: 'twin', auth: btoa('evil:twin') } },
});
const configuration = {
  'acr-registry-info': enterpriseEntry,
  'watch-namespace': 'served-*',
  'service-account': '*',
};

const core = (namespace: string, resource: string) => `/api/v1/namespaces/${namespace}/${resource}`;

/** A pull secret that says all that ours say of themselves. */
function forgedPullSecret(annotations: Readonly<Record<string, string>> = {}) {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: pullSecretName,
      labels: { 'app.kubernetes.io/managed-by': 'acr-credential-helper' },
      annotations: {
        'acr-credential-helper/instances': 'cri-sandbox00000001@cn-hangzhou',
        'acr-credential-helper/expires-at': '2099-01-01T00:00:00.000Z',
        ...annotations,
      },
    },
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': Buffer.from(forgedConfig).toString('base64') },
  };
}

describe('a tenant with all rights in a namespace', () => {
  let stage: Stage;
  let addOn: AddOn;
  let admin: KubeConfig;
  /** Of `served-mine`, which is in scope, as `served-theirs` is. */
  let inside: ApiCaller;
  /** Of `outside`, which is not. */
  let outside: ApiCaller;
  let late = 0;

  beforeAll(async () => {
    stage = await startStage({ timeScale: 1 });
    admin = stage.controlPlane.kubeConfig;
    for (const name of ['served-mine', 'served-theirs', 'outside']) await stage.kubectl.createNamespace(name);
    inside = await tenantOf(admin, 'served-mine');
    outside = await tenantOf(admin, 'outside');
    await stage.kubectl.configure(configuration);
    addOn = await stage.startReplica();
    for (const name of ['served-mine', 'served-theirs']) await stage.kubectl.awaitDockerConfig(name);
    await stage.kubectl.awaitAttachment('served-theirs');
  });

  afterAll(async () => {
    await inside?.close();
    await outside?.close();
    await stage?.stop();
  });

  async function restart(): Promise<void> {
    await addOn.stop();
    addOn = await stage.startReplica();
    await waitUntil({ what: 'it leads again', withinMs: 30_000 }, () =>
      addOn.output().includes('became the leader'),
    );
  }

  /** Creates one more namespace in scope; what it is given, and for how long it waited. */
  async function serveAnother(): Promise<{ readonly config: string; readonly tookMs: number }> {
    late += 1;
    const name = `served-late-${late}`;
    const begunAtMs = performance.now();
    await stage.kubectl.createNamespace(name);
    const config = await stage.kubectl.awaitDockerConfig(name, undefined, 40_000);
    await stage.kubectl.awaitAttachment(name);
    return { config, tookMs: performance.now() - begunAtMs };
  }

  async function theirs(): Promise<unknown> {
    const secret = await stage.kubectl.pullSecret('served-theirs');
    const { api } = stage.kubectl;
    const account = await api.readNamespacedServiceAccount({ namespace: 'served-theirs', name: 'default' });
    return { secret, account };
  }

  it.each<[string, ApiRequest]>([
    [
      'label a namespace, which a scope may go by',
      merge('/api/v1/namespaces/served-mine', { metadata: { labels: { a: 'b' } } }),
    ],
    [
      'opt a namespace out or in',
      merge('/api/v1/namespaces/served-mine', {
        metadata: { annotations: { 'acr-credential-helper/ignore': null } },
      }),
    ],
    [
      'create a namespace whose name is in scope',
      { method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: 'served-new' } } },
    ],
    [
      'write the configuration',
      merge(core('kube-system', 'configmaps/acr-configuration'), { data: { 'watch-namespace': 'all' } }),
    ],
    [
      'read the logins that a restart takes up',
      { method: 'GET', path: core('kube-system', 'secrets/acr-credential-helper-state') },
    ],
    [
      'read the pull secret of others',
      { method: 'GET', path: core('served-theirs', `secrets/${pullSecretName}`) },
    ],
    [
      'get a token of the add-on',
      {
        method: 'POST',
        path: core('kube-system', 'serviceaccounts/aliyun-acr-credential-helper/token'),
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: [] } },
      },
    ],
    [
      'act as the add-on',
      {
        method: 'GET',
        path: core('served-theirs', 'serviceaccounts'),
        headers: { 'impersonate-user': 'system:serviceaccount:kube-system:aliyun-acr-credential-helper' },
      },
    ],
    [
      'take the lead from the add-on',
      {
        method: 'DELETE',
        path: '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/aliyun-acr-credential-helper',
      },
    ],
  ])('cannot %s', async (_, request) => {
    expect(await inside.call(request)).toMatchObject({ status: 403 });
  });

  it('outside the scope gets no login for anything he puts into his namespace, also over a restart', async () => {
    const forge = async () => {
      const { status } = await outside.call({
        method: 'POST',
        path: core('outside', 'secrets'),
        body: forgedPullSecret(),
      });
      expect([201, 409]).toContain(status);
    };
    await forge();
    await succeeds(outside, {
      method: 'POST',
      path: core('outside', 'serviceaccounts'),
      body: {
        metadata: { name: 'forged', annotations: { 'acr-credential-helper/ignore': 'false' } },
        imagePullSecrets: [{ name: pullSecretName }],
      },
    });
    for (const name of ['acr-configuration', 'acr-scope-in-force']) {
      await succeeds(outside, {
        method: 'POST',
        path: core('outside', 'configmaps'),
        body: { metadata: { name }, data: { ...configuration, 'watch-namespace': 'all' } },
      });
    }
    await serveAnother();
    await forge();
    await restart();
    const { config } = await serveAnother();
    const logins = Object.values(
      (JSON.parse(config) as { auths: Record<string, { password: string }> }).auths,
    );
    expect(logins.length).toBeGreaterThan(0);
    const { text } = await outside.call({ method: 'GET', path: core('outside', 'secrets') });
    const decoded = [...text.matchAll(/"\.dockerconfigjson":"([^"]*)"/g)]
      .map(([, data = '']) => atob(data))
      .join();
    for (const { password } of logins) expect(decoded).not.toContain(password);
  });

  it('forges no login and no host: it is overwritten, and nobody else is given it, also over a restart', async () => {
    const before = await theirs();
    const genuine = await stage.kubectl.awaitDockerConfig('served-theirs');
    const overwrite: ApiRequest = {
      ...merge(core('served-mine', `secrets/${pullSecretName}`), forgedPullSecret()),
    };
    await succeeds(inside, overwrite);
    await stage.kubectl.awaitDockerConfig('served-mine', forgedConfig);
    expect((await serveAnother()).config).toBe(genuine);
    await addOn.stop();
    await succeeds(inside, overwrite);
    await succeeds(inside, {
      method: 'POST',
      path: core('served-mine', 'configmaps'),
      body: {
        metadata: { name: 'acr-configuration' },
        data: { ...configuration, 'acr-registry-info': `${enterpriseEntry}  domains: ${evilHost}\n` },
      },
    });
    addOn = await stage.startReplica();
    expect(await stage.kubectl.awaitDockerConfig('served-mine', forgedConfig, 40_000)).toBe(genuine);
    expect((await serveAnother()).config).toBe(genuine);
    expect(await theirs()).toEqual(before);
  });

  it('forges no record of attachments that counts in a namespace of others', async () => {
    const { api } = stage.kubectl;
    await api.createNamespacedServiceAccount({
      namespace: 'served-theirs',
      body: { metadata: { name: 'builder' } },
    });
    await stage.kubectl.awaitAttachment('served-theirs', 'builder');
    const forged = forgedPullSecret({ 'acr-credential-helper/mentioned-by': 'default,builder,tenant' });
    await succeeds(inside, merge(core('served-mine', `secrets/${pullSecretName}`), forged));
    await serveAnother();
    await stage.kubectl.configure({ ...configuration, 'service-account': 'default' });
    await waitUntil({ what: 'builder of others is tidied', withinMs: 30_000 }, async () => {
      return (await stage.kubectl.pullSecretsOf('served-theirs', 'builder')).length === 0;
    });
    expect(await stage.kubectl.pullSecretsOf('served-theirs')).toEqual([pullSecretName]);
    await stage.kubectl.configure(configuration);
    await stage.kubectl.awaitAttachment('served-theirs', 'builder');
  });

  describe('who wants to block others', () => {
    /** Well above what a namespace waits for, also on a busy machine. */
    const patienceMs = 15_000;

    it('cannot do it with service accounts that are too large to be written', async () => {
      const before = await theirs();
      // A little less, so that there is no room for one more entry.
      const size = (await largestAccountSize(outside, 'outside')) - 60;
      for (const index of [1, 2, 3, 4, 5, 6]) {
        const path = core('served-mine', 'serviceaccounts');
        await succeeds(inside, { method: 'POST', path, body: largeAccount(`large-${index}`, size) });
      }
      await waitUntil({ what: 'it is told beside one of them', withinMs: 30_000 }, async () => {
        const { items } = await stage.kubectl.api.listNamespacedEvent({ namespace: 'served-mine' });
        return items.some(({ reason }) => reason === 'ServiceAccountNotPatched');
      });
      expect((await serveAnother()).tookMs).toBeLessThan(patienceMs);
      // One that is fine, among them, is served like any other.
      await succeeds(inside, {
        method: 'POST',
        path: core('served-mine', 'serviceaccounts'),
        body: { metadata: { name: 'small' } },
      });
      await stage.kubectl.awaitAttachment('served-mine', 'small');
      expect(await theirs()).toEqual(before);
      await removeAccounts(inside, 'labelSelector=size%3Dlarge');
    });

    it('cannot do it with thousands of service accounts, or with annotations as large as they may be', async () => {
      const before = await theirs();
      const large = { note: 'x'.repeat(200_000) };
      const left = Array.from({ length: 1_500 }, (_, index) => index).values();
      const create = async () => {
        for (const index of left) {
          const annotations = index < 20 ? large : {};
          const metadata = { name: `many-${index}`, labels: { size: 'many' }, annotations };
          await succeeds(inside, {
            method: 'POST',
            path: core('served-mine', 'serviceaccounts'),
            body: { metadata },
          });
        }
      };
      const attack = Promise.all(Array.from({ length: 8 }, create));
      expect((await serveAnother()).tookMs).toBeLessThan(patienceMs);
      await attack;
      expect((await serveAnother()).tookMs).toBeLessThan(patienceMs);
      expect(await theirs()).toEqual(before);
      await removeAccounts(inside, 'labelSelector=size%3Dmany');
    });

    it('cannot do it by changing everything back as fast as he can', async () => {
      const before = await theirs();
      const over = new AbortController();
      const undo = async () => {
        while (!over.signal.aborted) {
          const secret = core('served-mine', `secrets/${pullSecretName}`);
          await inside.call(merge(secret, { data: forgedPullSecret().data }));
          await inside.call(
            merge(core('served-mine', 'serviceaccounts/default'), { imagePullSecrets: null }),
          );
        }
      };
      const attack = undo();
      try {
        for (const _ of [1, 2, 3]) expect((await serveAnother()).tookMs).toBeLessThan(patienceMs);
      } finally {
        over.abort();
        await attack;
      }
      expect(await theirs()).toEqual(before);
    });

    it('cannot do it with a Secret of our name that is of another type and will not go', async () => {
      const before = await theirs();
      const secret = core('served-mine', `secrets/${pullSecretName}`);
      await addOn.stop();
      await succeeds(inside, { method: 'DELETE', path: secret });
      await succeeds(inside, {
        method: 'POST',
        path: core('served-mine', 'secrets'),
        body: {
          metadata: { name: pullSecretName, finalizers: ['example.com/never'] },
          type: 'Opaque',
          immutable: true,
        },
      });
      addOn = await stage.startReplica();
      expect((await serveAnother()).tookMs).toBeLessThan(patienceMs + 15_000);
      expect(await theirs()).toEqual(before);
      await succeeds(inside, merge(secret, { metadata: { finalizers: null } }));
      await stage.kubectl.awaitDockerConfig('served-mine', undefined, 40_000);
    });
  });
});

async function succeeds(tenant: ApiCaller, request: ApiRequest): Promise<void> {
  const { status, text } = await tenant.call(request);
  if (status >= 300) throw new Error(`${request.method} ${request.path}: ${text}`);
}

async function removeAccounts(tenant: ApiCaller, selector: string): Promise<void> {
  const path = core('served-mine', `serviceaccounts?${selector}`);
  await succeeds(tenant, { method: 'DELETE', path });
}

function largeAccount(name: string, size: number) {
  return { metadata: { name, labels: { size: 'large' } }, secrets: [{ name: 'x'.repeat(size) }] };
}

/** With how many characters etcd just takes a large account: found by halving, without leaving any behind. */
async function largestAccountSize(tenant: ApiCaller, namespace: string): Promise<number> {
  const path = core(namespace, 'serviceaccounts');
  let [fits, doesNot] = [1_000_000, 2_000_000];
  while (doesNot - fits > 8) {
    const size = Math.floor((fits + doesNot) / 2);
    const { status } = await tenant.call({ method: 'POST', path, body: largeAccount('trial', size) });
    if (status < 300) await succeeds(tenant, { method: 'DELETE', path: `${path}/trial` });
    [fits, doesNot] = status < 300 ? [size, doesNot] : [fits, size];
  }
  return fits;
}
