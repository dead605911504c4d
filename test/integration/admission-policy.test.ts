import { isDeepStrictEqual } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import {
  AdmissionregistrationV1Api,
  type CoreV1Api,
  type V1Namespace,
  type V1ServiceAccount,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { observedNamespace, observedServiceAccount } from '../../src/controller/observed-objects.ts';
import { compiledScope, compiledScopeName } from '../../src/pull-secrets/compiled-scope.ts';
import { readPublishedScope } from '../../src/pull-secrets/published-scope.ts';
import type { RawObject } from '../../src/kubernetes/resource.ts';
import { planNamespace } from '../../src/pull-secrets/namespace-plan.ts';
import { everything, nothing } from '../../src/settings/selection.ts';
import type { Scope } from '../../src/settings/settings.ts';
import { ApiCaller, type ApiRequest } from '../real-parts/api-caller.ts';
import { admissionPolicyObjects, applyObjects, noAdmissionPolicies } from '../real-parts/admission-policy.ts';
import { startControlPlane, type ControlPlane } from '../real-parts/control-plane.ts';
import { Kubectl, pullSecretName } from '../real-parts/kubectl.ts';
import { noControlOfCluster } from '../real-parts/users-cluster.ts';
import { waitUntil } from '../real-parts/wait-until.ts';
import { isAttachedAgain } from './detaching.ts';
import {
  admissionAccounts,
  admissionNamespaces,
  writtenAdmissionScopes,
  type WrittenScope,
} from './admission-cases.ts';

const compiledName = { namespace: 'kube-system', name: compiledScopeName };
const all = { included: everything, excluded: nothing };
const wholeCluster: Scope = { namespaces: all, serviceAccounts: all };
const bindingName = 'aliyun-acr-credential-helper-attachments';
const patience = { withinMs: 30_000 };

/** Marks each account with the version of the parameter that it was admitted under. */
const witness = [
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingAdmissionPolicy',
    metadata: { name: 'witness' },
    spec: {
      failurePolicy: 'Fail',
      reinvocationPolicy: 'Never',
      paramKind: { apiVersion: 'v1', kind: 'Secret' },
      matchConstraints: {
        resourceRules: [
          { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['serviceaccounts'] },
        ],
      },
      mutations: [
        {
          patchType: 'ApplyConfiguration',
          applyConfiguration: {
            expression:
              'Object{metadata: Object.metadata{labels: {"admitted-under": params.metadata.resourceVersion}}}',
          },
        },
      ],
    },
  },
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingAdmissionPolicyBinding',
    metadata: { name: 'witness' },
    spec: { policyName: 'witness', paramRef: { ...compiledName, parameterNotFoundAction: 'Allow' } },
  },
];

describe.skipIf(noControlOfCluster !== undefined)('the admission policy', () => {
  let controlPlane: ControlPlane;
  let api: CoreV1Api;
  let whyNot: string | undefined;

  beforeAll(async () => {
    controlPlane = await startControlPlane();
    ({ api } = new Kubectl(controlPlane.kubeConfig));
    whyNot = await noAdmissionPolicies(controlPlane.kubeConfig);
    if (whyNot !== undefined) return;
    for (const body of admissionNamespaces) await api.createNamespace({ body });
    await api.createNamespacedSecret({ namespace: 'kube-system', body: { metadata: compiledName } });
    await applyObjects(controlPlane.kubeConfig, [...admissionPolicyObjects(), ...witness]);
  });

  afterAll(() => controlPlane?.stop());
  beforeEach(({ skip }) => skip(whyNot !== undefined, whyNot));

  async function tried(namespace: string, body: V1ServiceAccount): Promise<V1ServiceAccount> {
    return await api.createNamespacedServiceAccount({ namespace, body, dryRun: 'All' });
  }

  /** Returns when accounts are admitted under it. */
  async function publish(scope: Scope): Promise<void> {
    const body = { metadata: { ...compiledName, annotations: compiledScope(scope) } };
    const { metadata } = await api.replaceNamespacedSecret({ ...compiledName, body });
    await waitUntil({ what: 'the scope is seen by admission', ...patience }, async () => {
      const { metadata: seen } = await tried('default', { metadata: { name: 'probe' } });
      return seen?.labels?.['admitted-under'] === metadata?.resourceVersion;
    });
  }

  const scopes = writtenAdmissionScopes(20).flatMap((written) => {
    const scope = readPublishedScope({
      'watch-namespace': written.namespaces,
      'service-account': written.accounts,
    });
    return scope === undefined ? [] : [[written, scope] satisfies [WrittenScope, Scope]];
  });

  it('is tried with many scopes that are accepted', () => {
    expect(scopes.length).toBeGreaterThan(20);
  });

  it('attaches what the controller would attach, in each case', { timeout: 600_000 }, async () => {
    const namespaces = await Promise.all(
      admissionNamespaces.map(({ metadata }) => api.readNamespace({ name: metadata?.name ?? '' })),
    );
    const differences: object[] = [];
    const counts = { attached: 0, left: 0 };
    for (const [written, scope] of scopes) {
      await publish(scope);
      for (const namespace of namespaces) {
        const where = namespace.metadata?.name ?? '';
        const answers = await Promise.all(admissionAccounts.map((account) => tried(where, account)));
        const areWanted = admissionAccounts.map((account) => isWanted(scope, namespace, account));
        const expected = admissionAccounts.map((each, index) => asAdmitted(each, areWanted[index] === true));
        const found = structuredClone(answers.map(whatMatters));
        if (!isDeepStrictEqual(found, expected)) differences.push({ written, where, found, expected });
        const attached = areWanted.filter(Boolean).length;
        counts.attached += attached;
        counts.left += areWanted.length - attached;
      }
    }
    expect(differences).toEqual([]);
    expect(counts.attached).toBeGreaterThan(200);
    expect(counts.left).toBeGreaterThan(500);
  });

  it('leaves to the add-on what the add-on takes away, and to nobody else', async () => {
    await publish(wholeCluster);
    const account = { namespace: 'shop', name: 'detached' };
    await api.createNamespacedServiceAccount({
      namespace: 'shop',
      body: { metadata: { name: account.name } },
    });
    expect(await isAttachedAgain(controlPlane.kubeConfig, account)).toBe(true);
    expect(await isAttachedAgain(await controlPlane.addOnKubeConfig(), account)).toBe(false);
  });

  it('goes by the scope of now where it was taken away, and nothing else had such a parameter', async () => {
    const policies = controlPlane.kubeConfig.makeApiClient(AdmissionregistrationV1Api);
    await publish(only('shop'));
    for (const name of [bindingName, 'witness'])
      await policies.deleteMutatingAdmissionPolicyBinding({ name });
    // The API server looks once a second which parameters it still has to watch.
    await delay(5_000);
    const annotations = compiledScope(only('team-a'));
    await api.replaceNamespacedSecret({
      ...compiledName,
      body: { metadata: { ...compiledName, annotations } },
    });
    await applyObjects(controlPlane.kubeConfig, [...admissionPolicyObjects(), ...witness]);
    await publish(only('team-a'));
    const lists = await Promise.all(
      ['shop', 'team-a'].map(async (namespace) => {
        const { imagePullSecrets } = await tried(namespace, { metadata: { name: 'again' } });
        return imagePullSecrets;
      }),
    );
    expect(lists).toEqual([undefined, [{ name: pullSecretName }]]);
  });

  describe('where somebody applies the same manifest again and again', () => {
    const path = '/api/v1/namespaces/shop/serviceaccounts';
    let admin: ApiCaller;

    beforeAll(async () => {
      admin = new ApiCaller(controlPlane.kubeConfig);
      if (whyNot === undefined) await publish(wholeCluster);
    });
    afterAll(() => admin?.close());

    const ways: readonly (readonly [string, Omit<ApiRequest, 'path' | 'body'>, string])[] = [
      ['client-side', { method: 'PATCH', mediaType: 'application/strategic-merge-patch+json' }, ''],
      ['by replacing', { method: 'PUT' }, ''],
      [
        'server-side',
        { method: 'PATCH', mediaType: 'application/apply-patch+yaml' },
        '?fieldManager=gitops&force=true',
      ],
    ];
    const lists: readonly (readonly [string, V1ServiceAccount['imagePullSecrets']])[] = [
      ['without a list', undefined],
      ['with a list of its own', [{ name: 'mine' }]],
      ['with an empty list', []],
    ];

    it.each(
      ways.flatMap(([how, request, query]) =>
        lists.map(([list, names]) => ({ how, request, query, list, names })),
      ),
    )('$how and $list, nothing is written', async ({ how, request, query, list, names }) => {
      const name = `again-${how}-${list}`.replaceAll(' ', '-');
      const body = {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name },
        ...(names && { imagePullSecrets: names }),
      };
      await admin.call({ method: 'POST', path, body });
      const apply = () => admin.call({ ...request, path: `${path}/${name}${query}`, body });
      // The first time, what the manager owns is noted in the object.
      await apply();
      const before = await api.readNamespacedServiceAccount({ namespace: 'shop', name });
      for (let times = 0; times < 3; times += 1) expect(await apply()).toMatchObject({ status: 200 });
      const after = await api.readNamespacedServiceAccount({ namespace: 'shop', name });
      expect(after.metadata?.resourceVersion).toBe(before.metadata?.resourceVersion);
      expect(after.imagePullSecrets).toEqual([...(names ?? []), { name: pullSecretName }]);
    });
  });
});

function only(namespace: string): Scope {
  const namespaces = { included: { ...nothing, names: new Set([namespace]) }, excluded: nothing };
  return { ...wholeCluster, namespaces };
}

/** Whether the controller would attach it. */
function isWanted(scope: Scope, namespace: V1Namespace, account: V1ServiceAccount): boolean {
  const observed = {
    name: namespace.metadata?.name ?? '',
    ...observedNamespace(onTheWire(namespace)),
    serviceAccounts: [observedServiceAccount(onTheWire(account))],
    secret: undefined,
    recordedMentions: undefined,
  };
  const wanted = { scope, secretName: pullSecretName, logins: [], email: '' };
  return planNamespace(observed, wanted).some(({ kind }) => kind === 'attach');
}

function onTheWire(object: object): RawObject {
  return JSON.parse(JSON.stringify(object)) as RawObject;
}

function whatMatters({ metadata, imagePullSecrets = [] }: V1ServiceAccount): object {
  return { name: metadata?.name, imagePullSecrets, annotations: metadata?.annotations ?? {} };
}

function asAdmitted(account: V1ServiceAccount, isAttached: boolean): object {
  const { name, annotations = {} } = account.metadata ?? {};
  const { imagePullSecrets = [] } = account;
  if (!isAttached) return { name, imagePullSecrets, annotations };
  return {
    name,
    imagePullSecrets: [...imagePullSecrets, { name: pullSecretName }],
    annotations: { ...annotations, 'acr-credential-helper/attached-by': 'admission' },
  };
}
