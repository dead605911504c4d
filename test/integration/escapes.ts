import type { ApiRequest } from '../real-parts/api-caller.ts';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { apply, applySecret, merge, secretPath, steps } from './api-requests.ts';

/** What somebody tries who holds the add-on's token. */
export type Escape = readonly [what: string, refusal: string, attempt: ApiRequest];

const product = 'acr-credential-helper';
const account = 'aliyun-acr-credential-helper';
const emptyConfig = { '.dockerconfigjson': Buffer.from('{"auths":{}}').toString('base64') };
const owner = { apiVersion: 'v1', kind: 'Namespace', name: 'default', uid: 'a-uid' };

function applyPullSecret(namespace: string, rest: { metadata?: object; type: string; data?: object }) {
  return applySecret(namespace, pullSecretName, rest);
}

const dockerConfigType = 'kubernetes.io/dockerconfigjson';
const tokenType = 'kubernetes.io/service-account-token';
/** Of its annotation or of its type, whichever policy says so first. */
const deniedByTwo = 'denied request: the ';
const forDefault = { annotations: { 'kubernetes.io/service-account.name': 'default' } };

const eventPath = '/api/v1/namespaces/served/events';
function event(name: string, component: string, more: object = {}) {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace: 'served', ...more },
    involvedObject: { apiVersion: 'v1', kind: 'Namespace', name: 'served', namespace: 'served' },
    reason: 'Tried',
    message: 'tried',
    type: 'Normal',
    source: { component },
    reportingComponent: component,
  };
}

const leasesPath = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';
function lease(name: string) {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace: 'kube-system' },
    spec: { holderIdentity: 'a thief' },
  };
}

/** In namespace `bare`, where there is no pull secret; the add-on has not run yet, so its state is not there either. */
export const beforeTheFirstStart: readonly Escape[] = [
  [
    'a token for another account, filled into the pull secret',
    deniedByTwo,
    applyPullSecret('bare', { type: tokenType, metadata: forDefault }),
  ],
  [
    'a token for an account of kube-system, filled into the pull secret there',
    deniedByTwo,
    applyPullSecret('kube-system', {
      type: tokenType,
      metadata: { annotations: { 'kubernetes.io/service-account.name': 'namespace-controller' } },
    }),
  ],
  [
    'a token for another account, filled into the state',
    deniedByTwo,
    applySecret('kube-system', 'acr-credential-helper-state', { type: tokenType, metadata: forDefault }),
  ],
  [
    'a token for another account, filled into the Secret with the compiled scope',
    deniedByTwo,
    applySecret('kube-system', 'acr-compiled-scope', { type: tokenType, metadata: forDefault }),
  ],
  [
    'a state of another type',
    'own Secrets are Opaque',
    applySecret('kube-system', 'acr-credential-helper-state', { type: 'example.com/theirs' }),
  ],
  [
    'a token with which nodes join the cluster',
    'is of type kubernetes.io/dockerconfigjson',
    applyPullSecret('kube-system', { type: 'bootstrap.kubernetes.io/token' }),
  ],
  [
    'a pull secret that is Opaque',
    'is of type kubernetes.io/dockerconfigjson',
    applyPullSecret('bare', { type: 'Opaque' }),
  ],
  [
    'a pull secret with the annotation of an account',
    'changes no annotations but its own',
    applyPullSecret('bare', { type: dockerConfigType, metadata: forDefault, data: emptyConfig }),
  ],
  [
    'a pull secret with another key in it',
    'nothing but .dockerconfigjson',
    applyPullSecret('bare', { type: dockerConfigType, data: { ...emptyConfig, token: 'AAAA' } }),
  ],
  [
    'a Lease with an owner, with which it would be collected',
    'changes no ownerReferences',
    {
      method: 'POST',
      path: leasesPath,
      body: { ...lease(account), metadata: { ...lease(account).metadata, ownerReferences: [owner] } },
    },
  ],
];

/** In namespace `served`, whose pull secret is there, and whose account `owned` has entries of others before and after ours. */
export const whileItRuns: readonly Escape[] = [
  [
    'the annotation of an account on the pull secret',
    'changes no annotations but its own',
    merge(secretPath('served'), { metadata: forDefault }),
  ],
  [
    'an annotation that has a copier of Secrets fill in another one',
    'changes no annotations but its own',
    merge(secretPath('served'), {
      metadata: { annotations: { 'replicator.v1.mittwald.de/replicate-from': 'kube-system/theirs' } },
    }),
  ],
  [
    'a label of others on the pull secret',
    'changes no labels but its own',
    merge(secretPath('served'), { metadata: { labels: { team: 'others' } } }),
  ],
  [
    'a finalizer on the pull secret',
    'changes no finalizers',
    merge(secretPath('served'), { metadata: { finalizers: ['example.com/never'] } }),
  ],
  [
    'an owner for the pull secret, with which it would be collected',
    'changes no ownerReferences',
    merge(secretPath('served'), { metadata: { ownerReferences: [owner] } }),
  ],
  [
    'another key in the pull secret',
    'nothing but .dockerconfigjson',
    merge(secretPath('served'), { data: { token: 'AAAA' } }),
  ],
  [
    'a pull secret that cannot be changed any more',
    'makes no Secret immutable',
    merge(secretPath('served'), { immutable: true }),
  ],
  [
    'the annotation of an account on the state',
    'changes no annotations but its own',
    merge(secretPath('kube-system', 'acr-credential-helper-state'), { metadata: forDefault }),
  ],
  [
    'the annotation of an account on the Secret with the compiled scope',
    'changes no annotations but its own',
    merge(secretPath('kube-system', 'acr-compiled-scope'), { metadata: forDefault }),
  ],
  [
    'the token of another account, filled into the Secret with the webhook’s certificate',
    deniedByTwo,
    applySecret('kube-system', 'acr-credential-helper-webhook-tls', {
      type: tokenType,
      metadata: forDefault,
    }),
  ],
  ...onServiceAccount(),
  [
    'a Lease of another name',
    'writes no objects but its own',
    { method: 'POST', path: leasesPath, body: lease('kube-scheduler') },
  ],
  [
    'a Lease whose name the API server makes up',
    'writes no objects but its own',
    {
      method: 'POST',
      path: leasesPath,
      body: {
        ...lease(''),
        metadata: { generateName: 'aliyun-acr-credential-helper', namespace: 'kube-system' },
      },
    },
  ],
  [
    'an owner for the published scope',
    'changes no ownerReferences',
    merge('/api/v1/namespaces/kube-system/configmaps/acr-scope-in-force', {
      metadata: { ownerReferences: [owner] },
    }),
  ],
  [
    'an Event in the name of another component',
    'speaks for itself in Events',
    apply(`${eventPath}/${product}.1`, event(`${product}.1`, 'kubelet')),
  ],
  [
    'an Event of another name',
    'writes no objects but its own',
    apply(`${eventPath}/another.1`, event('another.1', product)),
  ],
  [
    'an Event whose name the API server makes up',
    'writes no objects but its own',
    { method: 'POST', path: eventPath, body: event('', product, { name: undefined, generateName: 'e-' }) },
  ],
  [
    'another component’s Event',
    'writes no objects but its own',
    merge(`${eventPath}/theirs`, { reportingComponent: product, source: { component: product } }),
  ],
];

function onServiceAccount(): readonly Escape[] {
  const path = '/api/v1/namespaces/served/serviceaccounts/owned';
  const list = '/imagePullSecrets';
  const others = 'of imagePullSecrets the add-on changes nothing but its own entry';
  return [
    [
      'an annotation of a service account',
      'changes no annotations but its own',
      merge(path, { metadata: { annotations: { 'pod-identity.alibabacloud.com/role-name': 'admin' } } }),
    ],
    [
      'the opt-out of a service account',
      'changes no annotations but its own',
      merge(path, { metadata: { annotations: { 'acr-credential-helper/ignore': 'true' } } }),
    ],
    [
      'the annotation that its people gave a service account, taken away',
      'changes no annotations but its own',
      merge(path, { metadata: { annotations: { theirs: null } } }),
    ],
    [
      'a label of a service account',
      'changes no labels but its own',
      merge(path, { metadata: { labels: { 'app.kubernetes.io/managed-by': product } } }),
    ],
    [
      'a finalizer on a service account',
      'changes no finalizers',
      merge(path, { metadata: { finalizers: ['example.com/never'] } }),
    ],
    [
      'an owner for a service account',
      'changes no ownerReferences',
      merge(path, { metadata: { ownerReferences: [owner] } }),
    ],
    ['an entry of others, taken away', others, steps(path, { op: 'remove', path: `${list}/0` })],
    ['all entries, taken away', others, steps(path, { op: 'remove', path: list })],
    [
      'entries of others in another order',
      others,
      steps(path, { op: 'move', from: `${list}/0`, path: `${list}/2` }),
    ],
    [
      'an entry of another name',
      others,
      steps(path, { op: 'add', path: `${list}/-`, value: { name: 'another' } }),
    ],
    [
      'its own entry a second time',
      'adds its entry to imagePullSecrets once',
      steps(path, { op: 'add', path: `${list}/-`, value: { name: pullSecretName } }),
    ],
    [
      'the secrets of a service account',
      'changes no secrets of a service account',
      merge(path, { secrets: [{ name: 'another' }] }),
    ],
    [
      'whether Pods are given a token',
      'does not change automountServiceAccountToken',
      merge(path, { automountServiceAccountToken: false }),
    ],
  ];
}
