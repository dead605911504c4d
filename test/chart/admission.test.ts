import type { KubernetesObject, V1Deployment, V1MutatingWebhookConfiguration } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { admissionPolicyObjects } from '../real-parts/admission-policy.ts';
import { helmVersions, notes, render } from '../real-parts/helm.ts';

const servesPolicies = ['admissionregistration.k8s.io/v1/MutatingAdmissionPolicy'];
const policyKinds = ['MutatingAdmissionPolicy', 'MutatingAdmissionPolicyBinding'];
const webhookKinds = ['MutatingWebhookConfiguration', 'Service'];

type Rendered = KubernetesObject & {
  readonly spec?: {
    readonly matchConditions?: readonly object[];
    readonly matchResources?: { readonly namespaceSelector?: object };
  };
};

const isRegistration = (object: KubernetesObject): object is V1MutatingWebhookConfiguration =>
  object.kind === 'MutatingWebhookConfiguration';

async function policies(values: Record<string, unknown>, apiVersions: readonly string[] = []) {
  const objects: readonly Rendered[] = await render('helm3', values, apiVersions);
  return objects.filter(({ kind = '' }) => policyKinds.includes(kind));
}

/** Where each webhook is asked. */
async function selectors(values: Record<string, unknown>) {
  const objects: readonly V1MutatingWebhookConfiguration[] = await render('helm3', {
    admission: 'webhook',
    ...values,
  });
  const registration = objects.find(({ kind }) => kind === 'MutatingWebhookConfiguration');
  return registration?.webhooks?.map(({ namespaceSelector }) => namespaceSelector?.matchExpressions);
}

/** Helm looks no further than this. */
const authority = btoa('-----BEGIN CERTIFICATE-----');

describe('the value admission', () => {
  it.each([
    ['auto', 'served', policyKinds],
    ['auto', 'not served', webhookKinds],
    ['policy', 'served', policyKinds],
    ['webhook', 'served', webhookKinds],
    ['webhook', 'not served', webhookKinds],
    ['none', 'served', []],
    ['none', 'not served', []],
  ])(
    '%s, where policies are %s, installs of them and of the webhook: %j',
    async (admission, where, kinds) => {
      const objects = await render('helm3', { admission }, where === 'served' ? servesPolicies : []);
      const found = objects.map(({ kind = '' }) => kind);
      const ofAdmission = [...policyKinds, ...webhookKinds];
      expect(found.filter((kind) => ofAdmission.includes(kind)).toSorted()).toEqual(kinds);
      const configuration = JSON.stringify(objects.find(({ kind }) => kind === 'ConfigMap'));
      expect(configuration.includes('enable: true')).toBe(kinds === webhookKinds);
    },
  );

  it.each(helmVersions)(
    'policy is refused by %s where none are served, with what to write',
    async (version) => {
      await expect(render(version, { admission: 'policy' })).rejects.toThrow(
        /admission: policy needs MutatingAdmissionPolicy .* write auto, webhook or none.* give --api-versions/,
      );
    },
  );

  it.each([
    ['auto', 'served', 'policy-unless-configured', [...policyKinds, ...webhookKinds]],
    ['auto', 'not served', 'webhook-unless-configured', webhookKinds],
    ['policy', 'served', 'policy', policyKinds],
    ['webhook', 'served', 'webhook', webhookKinds],
    ['none', 'not served', 'none', []],
  ])(
    '%s, with a ConfigMap that is there already and policies %s, is the flag %s',
    async (admission, where, flag, kinds) => {
      const values = { admission, configuration: { existing: true } };
      const objects = await render('helm3', values, where === 'served' ? servesPolicies : []);
      const found = objects.map(({ kind = '' }) => kind);
      expect(found.filter((kind) => [...policyKinds, ...webhookKinds].includes(kind)).toSorted()).toEqual(
        kinds.toSorted(),
      );
      const deployment = objects.find((object): object is V1Deployment => object.kind === 'Deployment');
      const container = deployment?.spec?.template.spec?.containers[0];
      expect(container?.args).toContain(`--admission=${flag}`);
      const ports = container?.ports?.map(({ name }) => name);
      expect(ports).toEqual(kinds.includes('Service') ? ['health', 'webhook'] : ['health']);
    },
  );

  it('knows no other ways', async () => {
    await expect(render('helm3', { admission: 'yes' })).rejects.toThrow(/admission/);
  });
});

describe('the notes', () => {
  it.each([
    ['webhook', { admission: 'webhook', webhook: { failurePolicy: 'Fail' } }],
    ['none', { admission: 'none' }],
    [
      'webhook, unless webhook-configuration says enable: false',
      { admission: 'auto', configuration: { existing: true } },
    ],
  ])('say: %s', async (text, values) => {
    const found = await notes(values);
    expect(found).toContain(`\nAdmission: ${text}.\n`);
    expect(found).not.toContain('Without effect');
  });

  it('name what is set for a webhook that is not there', async () => {
    const webhook = { failurePolicy: 'Fail', certificateSecret: 'a', caBundle: authority };
    expect(await notes({ admission: 'none', webhook })).toContain(
      'Without effect, since there is no webhook: webhook.failurePolicy, webhook.certificateSecret.\n',
    );
  });
});

describe('the value podsWithOwnPullSecrets', () => {
  it('installs a policy for Pods where somebody wants that', async () => {
    const found = await policies({ podsWithOwnPullSecrets: 'attach' }, servesPolicies);
    expect(found.map(({ metadata }) => metadata?.name).filter((name) => name?.includes('pod-'))).toHaveLength(
      2,
    );
  });

  it.each(['webhook', 'auto'])(
    'adds a webhook for Pods with admission %s where there are no policies',
    async (admission) => {
      const namesWith = async (podsWithOwnPullSecrets: string) => {
        const objects = await render('helm3', { podsWithOwnPullSecrets, admission });
        const found = objects.find(isRegistration);
        return found?.webhooks?.map(({ name }) => name);
      };
      const service = 'aliyun-acr-credential-helper-webhook.svc';
      expect(await namesWith('leave')).toEqual([`attach.${service}`]);
      expect(await namesWith('attach')).toEqual([`attach.${service}`, `pods.${service}`]);
    },
  );

  it('adds none that asks about other objects than the policy for Pods', async () => {
    const values = { podsWithOwnPullSecrets: 'attach' };
    const objects = await render('helm3', { ...values, admission: 'webhook' });
    const found = objects.find(isRegistration);
    const [accounts, pods] = found?.webhooks ?? [];
    const all: readonly Rendered[] = await policies(values, servesPolicies);
    const policy = all.find(({ metadata }) => metadata?.name?.endsWith('-pod-attachments'));
    expect(pods?.matchConditions).toEqual(policy?.spec?.matchConditions);
    expect(pods?.namespaceSelector).toEqual(accounts?.namespaceSelector);
  });

  it('is refused where nothing attaches at admission', async () => {
    await expect(policies({ podsWithOwnPullSecrets: 'attach', admission: 'none' })).rejects.toThrow(
      /podsWithOwnPullSecrets: attach .* needs admission: auto, policy or webhook/,
    );
  });
});

describe('the admission policy', () => {
  it('is that of deploy/', async () => {
    const found = await policies({}, servesPolicies);
    const plain = found.map(({ metadata, ...rest }) => ({ ...rest, metadata: { name: metadata?.name } }));
    expect(plain).toEqual(admissionPolicyObjects());
  });

  it('attaches, in the strict mode, in the namespaces that are listed', async () => {
    const [, binding] = await policies({ rbac: { onlyNamespaces: ['shop', 'billing'] } }, servesPolicies);
    expect(binding?.spec?.matchResources?.namespaceSelector).toEqual({
      matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['shop', 'billing'] }],
    });
  });
});

describe('the webhook', () => {
  const key = 'kubernetes.io/metadata.name';
  const notInOurs = { key, operator: 'NotIn', values: ['kube-system'] };

  it('is asked everywhere but where the system and the add-on itself start', async () => {
    expect(await selectors({})).toEqual([[notInOurs]]);
  });

  it('is asked, in the strict mode, in the namespaces that are listed', async () => {
    const values = ['shop', 'billing'];
    expect(await selectors({ rbac: { onlyNamespaces: values } })).toEqual([
      [notInOurs, { key, operator: 'In', values }],
    ]);
  });

  it.each([
    [
      'a certificate that nobody trusts',
      { certificateSecret: 'a' },
      /certificateSecret: .* Write webhook.caBundle, or/,
    ],
    ['whom to trust, without the certificate', { caBundle: authority }, /webhook.caBundle goes with/],
    [
      'whom to trust, not in base64',
      { certificateSecret: 'a', caBundle: 'not base64' },
      /no PEM .* base64 -w0/,
    ],
    ['whom to trust, not in PEM', { certificateSecret: 'a', caBundle: btoa('DER') }, /no PEM .* base64 -w0/],
  ])('is refused with %s', async (_, webhook, message) => {
    await expect(selectors({ webhook })).rejects.toThrow(message);
  });

  it.each([{ failurePolicy: 'Fail' }, { timeoutSeconds: 5 }])(
    'is refused with %j where a ConfigMap that is there already has them',
    async (webhook) => {
      const values = { configuration: { existing: true }, webhook };
      await expect(render('helm3', values)).rejects.toThrow(
        /webhook.failurePolicy and webhook.timeoutSeconds have no effect .* kube-system\/acr-configuration/,
      );
    },
  );

  it('leaves to the leader whom to trust, what becomes of a request and how long it waits, each of which has one writer', async () => {
    const webhook = { certificateSecret: 'a', caBundle: authority, failurePolicy: 'Fail', timeoutSeconds: 5 };
    const values = { admission: 'webhook', podsWithOwnPullSecrets: 'attach', webhook };
    const objects = await render('helm3', values);
    const { webhooks = [] } = objects.find(isRegistration) ?? {};
    expect(webhooks).toHaveLength(2);
    for (const each of webhooks) {
      expect(Object.keys(each)).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/failurePolicy|timeoutSeconds|rules/)]),
      );
      expect(each.clientConfig).not.toHaveProperty('caBundle');
    }
    const deployment = objects.find((one): one is V1Deployment => one.kind === 'Deployment');
    expect(deployment?.spec?.template.spec?.containers[0]?.args).toContain(
      `--admission-ca-bundle=${authority}`,
    );
  });

  it.each([
    { certificateSecret: 'a', caBundle: authority },
    { certificateSecret: 'a', annotations: { 'cert-manager.io/inject-ca-from': 'kube-system/a' } },
    { annotations: { 'example.com/a': 'b' } },
  ])('is installed with %j', async (webhook) => {
    expect(await selectors({ webhook })).toHaveLength(1);
  });
});
