import {
  AdmissionregistrationV1Api,
  PatchStrategy,
  setHeaderOptions,
  type CoreV1Event,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AddOn } from '../real-parts/add-on.ts';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { enterpriseEntry, personalEntry, startStage, type Stage } from '../real-parts/stage.ts';
import { waitUntil } from '../real-parts/wait-until.ts';
import { whyTooOld } from '../real-parts/served-admission.ts';

const scope = {
  'watch-namespace': 'team-*,tenant-*,terminating,replaced,frozen,contested',
  'service-account': 'default,builder',
};
const configuration = { ...scope, 'acr-registry-info': enterpriseEntry };
const mergePatch = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
const isOwnControlPlane = process.env['KUBECONFIG'] === undefined;

async function settles(what: string, look: () => Promise<boolean>): Promise<void> {
  await waitUntil({ what, withinMs: 15_000 }, look);
}

describe('a year in the life of a cluster', () => {
  let stage: Stage;
  let addOn: AddOn;

  beforeAll(async () => {
    // Life-size lifetimes: no renewal comes in between.
    stage = await startStage({ auditLog: isOwnControlPlane, timeScale: 1 });
    await stage.kubectl.configure(configuration);
    addOn = await stage.startReplica();
    await serve('team-a');
  });

  afterAll(() => stage?.stop());

  async function serve(namespace: string): Promise<void> {
    await stage.kubectl.createNamespace(namespace);
    await stage.kubectl.awaitDockerConfig(namespace);
    await stage.kubectl.awaitAttachment(namespace);
  }

  async function hostsOf(namespace: string): Promise<string[]> {
    const text = (await stage.kubectl.dockerConfig(namespace)) ?? '{"auths":{}}';
    return Object.keys((JSON.parse(text) as { auths: object }).auths);
  }

  const isAttached = async (namespace: string, account = 'default') =>
    (await stage.kubectl.pullSecretsOf(namespace, account)).includes(pullSecretName);

  const isTidied = async (namespace: string) =>
    !(await isAttached(namespace)) && (await stage.kubectl.pullSecret(namespace)) === undefined;

  async function annotateNamespace(name: string, ignore: string | null): Promise<void> {
    const body = { metadata: { annotations: { 'acr-credential-helper/ignore': ignore } } };
    await stage.kubectl.api.patchNamespace({ name, body }, mergePatch);
  }

  async function annotateAccount(namespace: string, name: string, ignore: string | null): Promise<void> {
    const body = { metadata: { annotations: { 'acr-credential-helper/ignore': ignore } } };
    await stage.kubectl.api.patchNamespacedServiceAccount({ namespace, name, body }, mergePatch);
  }

  /** Our Events of that reason, when there are any. */
  async function eventsOf(namespace: string, reason: string): Promise<CoreV1Event[]> {
    return await waitUntil({ what: `an Event ${reason} in ${namespace}`, withinMs: 15_000 }, async () => {
      const { items } = await stage.kubectl.api.listNamespacedEvent({
        namespace,
        fieldSelector: `reason=${reason}`,
      });
      return items.length > 0 && items;
    });
  }

  function ourWrites(namespace: string) {
    return stage.controlPlane.auditEvents().filter(({ stage: at, user, verb, objectRef }) => {
      const isOurs = user.username?.endsWith(':aliyun-acr-credential-helper') === true;
      const isWrite = ['patch', 'create', 'update', 'delete'].includes(verb);
      return at === 'ResponseComplete' && isOurs && isWrite && objectRef?.namespace === namespace;
    });
  }

  it.skipIf(!isOwnControlPlane)(
    'gives a new namespace its Secret before it attaches an account',
    async () => {
      await serve('tenant-new');
      await stage.kubectl.createServiceAccount('tenant-new', { metadata: { name: 'builder' } });
      await stage.kubectl.awaitAttachment('tenant-new', 'builder');
      const written = ourWrites('tenant-new').map(
        ({ objectRef }) => `${objectRef?.resource}/${objectRef?.name}`,
      );
      expect(written).toEqual([
        `secrets/${pullSecretName}`,
        'serviceaccounts/default',
        'serviceaccounts/builder',
      ]);
    },
  );

  it('keeps the foreign entries of a new service account, and their order', async () => {
    await stage.kubectl.createServiceAccount('team-a', {
      metadata: { name: 'builder' },
      imagePullSecrets: [{ name: 'z' }, { name: 'a' }],
    });
    await stage.kubectl.awaitAttachment('team-a', 'builder');
    expect(await stage.kubectl.pullSecretsOf('team-a', 'builder')).toEqual(['z', 'a', pullSecretName]);
  });

  it('restores a Secret that was deleted', async () => {
    const before = await stage.kubectl.dockerConfig('team-a');
    await stage.kubectl.api.deleteNamespacedSecret({ namespace: 'team-a', name: pullSecretName });
    expect(await stage.kubectl.awaitDockerConfig('team-a')).toBe(before);
  });

  it('restores a Secret that was edited by hand, in place', async () => {
    const before = await stage.kubectl.pullSecret('team-a');
    const body = {
      metadata: { labels: { 'app.kubernetes.io/managed-by': 'somebody' } },
      data: { '.dockerconfigjson': Buffer.from('{"auths":{}}').toString('base64') },
    };
    await stage.kubectl.api.patchNamespacedSecret(
      { namespace: 'team-a', name: pullSecretName, body },
      mergePatch,
    );
    await settles('the Secret is as it was', async () => {
      const now = await stage.kubectl.pullSecret('team-a');
      return now?.data?.['.dockerconfigjson'] === before?.data?.['.dockerconfigjson'];
    });
    const after = await stage.kubectl.pullSecret('team-a');
    expect(after?.metadata?.uid).toBe(before?.metadata?.uid);
    expect(after?.metadata?.labels).toEqual(before?.metadata?.labels);
  });

  it('replaces a Secret of the wrong type once, and says so beside the namespace', async () => {
    await stage.kubectl.configure({ ...configuration, 'watch-namespace': 'team-*' });
    await stage.kubectl.createNamespace('replaced');
    await stage.kubectl.createSecret('replaced', pullSecretName, { key: 'value' });
    const former = await stage.kubectl.pullSecret('replaced');
    await stage.kubectl.configure(configuration);
    await stage.kubectl.awaitAttachment('replaced');
    const replaced = await waitUntil({ what: 'the Secret is replaced', withinMs: 15_000 }, async () => {
      const secret = await stage.kubectl.pullSecret('replaced');
      return secret?.type === 'kubernetes.io/dockerconfigjson' && secret;
    });
    expect(replaced.metadata?.uid).not.toBe(former?.metadata?.uid);
    const [event, ...others] = await eventsOf('replaced', 'PullSecretReplaced');
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      type: 'Warning',
      count: 1,
      involvedObject: { kind: 'Namespace', name: 'replaced' },
      message: expect.stringContaining('its type was Opaque') as string,
    });
    expect((await stage.kubectl.pullSecret('replaced'))?.metadata?.uid).toBe(replaced.metadata?.uid);
  });

  it('replaces an immutable Secret when its content has to change', async () => {
    await serve('frozen');
    const patch = { namespace: 'frozen', name: pullSecretName, body: { immutable: true } };
    const frozen = await stage.kubectl.api.patchNamespacedSecret(patch, mergePatch);
    await stage.kubectl.configure({ ...configuration, 'notify-email': 'somebody@acme.example' });
    await settles('the Secret is replaced', async () => {
      const secret = await stage.kubectl.pullSecret('frozen');
      return secret !== undefined && secret.metadata?.uid !== frozen.metadata?.uid;
    });
    expect(await stage.kubectl.awaitDockerConfig('frozen')).toContain('somebody@acme.example');
    expect(await isAttached('frozen')).toBe(true);
    const [event] = await eventsOf('frozen', 'PullSecretReplaced');
    expect(event?.message).toContain('it was immutable');
    await stage.kubectl.configure(configuration);
  });

  it.skipIf(!isOwnControlPlane)(
    'writes nothing into a namespace that is going away, and serves its successor',
    async () => {
      const namespace = 'terminating';
      await serve(namespace);
      const held = { metadata: { name: 'held', finalizers: ['acme.example/hold'] } };
      await stage.kubectl.api.createNamespacedConfigMap({ namespace, body: held });
      const before = ourWrites(namespace).length;
      await stage.kubectl.api.deleteNamespace({ name: namespace });
      await settles(
        'what can go is gone',
        async () => (await stage.kubectl.pullSecret(namespace)) === undefined,
      );
      await stage.kubectl.configure({ ...configuration, 'notify-email': 'another@acme.example' });
      await settles('others are served', async () =>
        ((await stage.kubectl.dockerConfig('team-a')) ?? '').includes('another@acme.example'),
      );
      const body = { metadata: { finalizers: null } };
      await stage.kubectl.api.patchNamespacedConfigMap({ namespace, name: 'held', body }, mergePatch);
      await settles('the namespace is gone', async () => {
        const { items } = await stage.kubectl.api.listNamespace();
        return items.every(({ metadata }) => metadata?.name !== namespace);
      });
      expect(ourWrites(namespace)).toHaveLength(before);
      await serve(namespace);
    },
  );

  it('tidies a namespace that opted out, and serves it again when it does not', async () => {
    await serve('team-out');
    await annotateNamespace('team-out', 'true');
    await settles('the namespace is tidied', () => isTidied('team-out'));
    await annotateNamespace('team-out', null);
    expect(await stage.kubectl.awaitDockerConfig('team-out')).toBe(
      await stage.kubectl.dockerConfig('team-a'),
    );
    await stage.kubectl.awaitAttachment('team-out');
  });

  it('detaches an account that opted out, and attaches it again when it does not', async () => {
    await annotateAccount('team-a', 'builder', 'true');
    await settles('the account is detached', async () => !(await isAttached('team-a', 'builder')));
    expect(await stage.kubectl.pullSecretsOf('team-a', 'builder')).toEqual(['z', 'a']);
    expect(await isAttached('team-a')).toBe(true);
    await annotateAccount('team-a', 'builder', null);
    await stage.kubectl.awaitAttachment('team-a', 'builder');
  });

  it('leaves an account that mentioned the name before it came, when it opts out and when the scope shrinks', async () => {
    await stage.kubectl.configure({ ...configuration, 'watch-namespace': 'team-*' });
    await stage.kubectl.createNamespace('tenant-own');
    await stage.kubectl.createServiceAccount('tenant-own', {
      metadata: { name: 'builder' },
      imagePullSecrets: [{ name: pullSecretName }],
    });
    await stage.kubectl.configure(configuration);
    await stage.kubectl.awaitAttachment('tenant-own');
    await annotateAccount('tenant-own', 'builder', 'true');
    await stage.kubectl.configure({ ...configuration, 'watch-namespace': 'team-*' });
    await settles('the namespace is tidied', () => isTidied('tenant-own'));
    expect(await stage.kubectl.pullSecretsOf('tenant-own', 'builder')).toEqual([pullSecretName]);
    await stage.kubectl.configure(configuration);
  });

  it('takes the hosts of an instance away that left the configuration', async () => {
    const both = { ...configuration, 'acr-registry-info': enterpriseEntry + personalEntry };
    const personal = 'registry.cn-hangzhou.aliyuncs.com';
    await stage.kubectl.configure(both);
    await settles('both are served', async () => (await hostsOf('team-a')).includes(personal));
    await stage.kubectl.configure(configuration);
    await settles('one is served', async () => !(await hostsOf('team-a')).includes(personal));
    expect(await hostsOf('team-a')).toContain('acme-registry.cn-hangzhou.cr.aliyuncs.com');
  });

  it('refuses a host to the instance that claims it second, also over a restart, and names both', async () => {
    const first = `${enterpriseEntry}  domains: first.acme.example,shared.acme.example\n`;
    const second = `${personalEntry}  domains: second.acme.example,shared.acme.example\n`;
    await stage.kubectl.configure({ ...configuration, 'acr-registry-info': first });
    await settles('the host is served', async () =>
      (await hostsOf('team-a')).includes('shared.acme.example'),
    );
    await stage.kubectl.configure({ ...configuration, 'acr-registry-info': second + first });
    await settles('both are served', async () => (await hostsOf('team-a')).includes('second.acme.example'));
    const [event] = await eventsOf('kube-system', 'HostsContested');
    expect(event?.message).toMatch(
      /^shared.acme.example is claimed by personal@cn-hangzhou and cri-sandbox00000001@cn-hangzhou: cri-\S+, which had it before, keeps it/,
    );
    const auths = async () =>
      (JSON.parse(await stage.kubectl.awaitDockerConfig('team-a')) as { auths: Record<string, unknown> })
        .auths;
    expect((await auths())['shared.acme.example']).toEqual((await auths())['first.acme.example']);
    await addOn.stop();
    addOn = await stage.startReplica();
    await serve('contested');
    expect((await auths())['shared.acme.example']).toEqual((await auths())['first.acme.example']);
    expect((await hostsOf('contested')).toSorted()).toEqual([
      'first.acme.example',
      'second.acme.example',
      'shared.acme.example',
    ]);
    await stage.kubectl.configure(configuration);
  });

  it('leaves out what does not fit into a Secret, and goes on with what was served', async () => {
    const many = Array.from({ length: 3_000 }, (_, index) => `host-${index}.acme.example`);
    const entry = `${personalEntry}  domains: ${many.join(',')}\n`;
    await settles('one is served', async () => (await hostsOf('team-a')).length === 4);
    const before = await hostsOf('team-a');
    await stage.kubectl.configure({ ...configuration, 'acr-registry-info': entry + enterpriseEntry });
    const [event] = await eventsOf('kube-system', 'NoRoomForLogin');
    expect(event?.message).toContain('3000 hosts of personal@cn-hangzhou do not fit into a Secret');
    await serve('team-late');
    expect(await hostsOf('team-late')).toEqual(before);
    expect(await hostsOf('team-a')).toEqual(before);
    await stage.kubectl.configure(configuration);
  });

  it('says beside the ConfigMap what is wrong with it, once', async () => {
    for (const [index, email] of ['a@acme.example', 'b@acme.example'].entries()) {
      await stage.kubectl.configure({ ...configuration, 'notify-email': email, 'watch-namspace': 'team-b' });
      await settles('it is read', async () => addOn.output().split('watch-namspace').length > index + 1);
    }
    const events = await eventsOf('kube-system', 'ConfigurationNotice');
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      involvedObject: { kind: 'ConfigMap', name: 'acr-configuration', namespace: 'kube-system' },
      message: expect.stringContaining('watch-namespace') as string,
    });
    const { metadata } = await stage.kubectl.api.readNamespacedConfigMap({
      namespace: 'kube-system',
      name: 'acr-configuration',
    });
    expect(events[0]?.involvedObject.uid).toBe(metadata?.uid);
  });

  it('says beside the ConfigMap which login could not be minted, and why, once for many tries', async () => {
    const unknown = '- instanceId: cri-unknown000000001\n  regionId: cn-hangzhou\n';
    await stage.kubectl.configure({ ...configuration, 'acr-registry-info': enterpriseEntry + unknown });
    const failed = 'could not mint a login';
    await settles('it was tried twice', async () => addOn.output().split(failed).length > 2);
    const events = await eventsOf('kube-system', 'LoginNotMinted');
    expect(events).toHaveLength(1);
    expect(events[0]?.message).toContain('cri-unknown000000001@cn-hangzhou: ');
    await stage.kubectl.configure(configuration);
  });

  it.skipIf(!isOwnControlPlane)(
    'says beside the namespace and the service account that a policy keeps them from being served',
    async ({ skip }) => {
      const { api } = stage.kubectl;
      const whyNot = await whyTooOld(stage.controlPlane.kubeConfig);
      skip(whyNot !== undefined, whyNot);
      await denyWhatWeWrite();
      await stage.kubectl.createNamespace('team-no-serviceaccounts');
      const [aboutAccount] = await eventsOf('team-no-serviceaccounts', 'ServiceAccountNotPatched');
      const account = await api.readNamespacedServiceAccount({
        namespace: 'team-no-serviceaccounts',
        name: 'default',
      });
      expect(aboutAccount).toMatchObject({
        type: 'Warning',
        involvedObject: { kind: 'ServiceAccount', name: 'default', uid: account.metadata?.uid },
        message: expect.stringContaining('denied request: nobody may') as string,
      });
      await stage.kubectl.createNamespace('team-no-secrets');
      const [aboutNamespace] = await eventsOf('team-no-secrets', 'PullSecretNotWritten');
      expect(aboutNamespace).toMatchObject({
        type: 'Warning',
        involvedObject: { kind: 'Namespace', name: 'team-no-secrets' },
      });
      await settles('it was tried with an account', async () => {
        const lines = addOn.output().split('\n');
        return lines.filter((line) => line.includes('"namespace":"team-no-secrets"')).length > 2;
      });
      expect(await isAttached('team-no-secrets')).toBe(false);
    },
  );

  /** In namespaces that are called after the resource. Returns when the API server enforces it. */
  async function denyWhatWeWrite(): Promise<void> {
    const policies = stage.controlPlane.kubeConfig.makeApiClient(AdmissionregistrationV1Api);
    await serve('team-probe');
    const metadata = { name: 'nobody-may' };
    const core = { apiGroups: [''], apiVersions: ['v1'] };
    await policies.createValidatingAdmissionPolicy({
      body: {
        metadata,
        spec: {
          matchConstraints: {
            resourceRules: [
              { ...core, operations: ['UPDATE'], resources: ['serviceaccounts'] },
              { ...core, operations: ['CREATE'], resources: ['secrets'] },
            ],
          },
          validations: [
            {
              expression: `!(request.namespace in ['team-probe', 'team-no-' + request.resource.resource])`,
              message: 'nobody may',
            },
          ],
        },
      },
    });
    await policies.createValidatingAdmissionPolicyBinding({
      body: { metadata, spec: { policyName: metadata.name, validationActions: ['Deny'] } },
    });
    await waitUntil({ what: 'the policy is enforced', withinMs: 15_000 }, async () => {
      const body = { metadata: { labels: { tried: String(performance.now()) } } };
      const patch = { namespace: 'team-probe', name: 'default', body, dryRun: 'All' };
      return await stage.kubectl.api.patchNamespacedServiceAccount(patch, mergePatch).then(
        () => false,
        (thrown: unknown) => String(thrown).includes('nobody may'),
      );
    });
  }
});
