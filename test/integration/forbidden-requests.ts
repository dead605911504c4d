import type { ApiRequest } from '../real-parts/api-caller.ts';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { apply, applySecret, merge, secretPath } from './api-requests.ts';
import type { Escape } from './escapes.ts';

const account = 'aliyun-acr-credential-helper';

/** What RBAC refuses by itself. */
export const withoutRight: readonly (readonly [what: string, attempt: ApiRequest])[] = [
  ['another Secret, read', { method: 'GET', path: secretPath('served', 'theirs') }],
  ['all Secrets of the cluster, listed', { method: 'GET', path: '/api/v1/secrets' }],
  ['another Secret, written', applySecret('served', 'theirs', { type: 'Opaque' })],
  ['another Secret, deleted', { method: 'DELETE', path: secretPath('served', 'theirs') }],
  ['all Secrets of a namespace, deleted', { method: 'DELETE', path: '/api/v1/namespaces/served/secrets' }],
  [
    'a Secret that is created by POST',
    {
      method: 'POST',
      path: '/api/v1/namespaces/bare/secrets',
      body: {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: pullSecretName },
        type: 'Opaque',
      },
    },
  ],
  [
    'its state in a namespace of others',
    applySecret('served', 'acr-credential-helper-state', { type: 'Opaque' }),
  ],
  [
    'the compiled scope in a namespace of others',
    applySecret('served', 'acr-compiled-scope', { type: 'Opaque' }),
  ],
  [
    'its state, deleted',
    { method: 'DELETE', path: secretPath('kube-system', 'acr-credential-helper-state') },
  ],
  [
    'its own configuration',
    merge('/api/v1/namespaces/kube-system/configmaps/acr-configuration', { data: {} }),
  ],
  ['a ConfigMap of others, read', { method: 'GET', path: '/api/v1/namespaces/served/configmaps/theirs' }],
  [
    'a service account, created',
    apply('/api/v1/namespaces/served/serviceaccounts/new', {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'new', namespace: 'served' },
    }),
  ],
  [
    'a service account, deleted',
    { method: 'DELETE', path: '/api/v1/namespaces/served/serviceaccounts/owned' },
  ],
  [
    'a token for another account',
    tokenRequest('served', 'owned', { audiences: ['sts.aliyuncs.com'], expirationSeconds: 600 }),
  ],
  [
    'a token for an account of kube-system',
    tokenRequest('kube-system', 'default', { audiences: ['sts.aliyuncs.com'], expirationSeconds: 600 }),
  ],
  [
    'a Pod',
    {
      method: 'POST',
      path: '/api/v1/namespaces/served/pods',
      body: {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'theirs' },
        spec: { containers: [{ name: 'main', image: 'example.com/image' }] },
      },
    },
  ],
  [
    'its own rights',
    merge(`/apis/rbac.authorization.k8s.io/v1/clusterroles/${account}`, {
      rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
    }),
  ],
  [
    'a binding of its own to cluster-admin',
    {
      method: 'POST',
      path: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
      body: {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: 'thief' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
        subjects: [{ kind: 'ServiceAccount', name: account, namespace: 'kube-system' }],
      },
    },
  ],
  [
    'the policy that confines it, unbound',
    {
      method: 'DELETE',
      path: `/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/${account}-secrets`,
    },
  ],
  [
    'the rights of another user, by impersonation',
    { method: 'GET', path: '/api/v1/secrets', headers: { 'impersonate-user': 'admin' } },
  ],
  [
    'the rights of a group, by impersonation',
    {
      method: 'GET',
      path: '/api/v1/secrets',
      headers: {
        'impersonate-user': `system:serviceaccount:kube-system:${account}`,
        'impersonate-group': 'system:masters',
      },
    },
  ],
];

function tokenRequest(namespace: string, name: string, spec: object): ApiRequest {
  return {
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec },
  };
}

/** Of tokens for the add-on's own account. */
export const ownTokens: readonly Escape[] = (
  [
    [
      'a token of its own for the API server',
      'for Alibaba Cloud and nobody else',
      { audiences: ['https://kubernetes.default.svc'], expirationSeconds: 600 },
    ],
    [
      'a token of its own for whom the API server takes by default',
      'for Alibaba Cloud and nobody else',
      { audiences: [], expirationSeconds: 600 },
    ],
    [
      'a token of its own for Alibaba Cloud and the API server',
      'for Alibaba Cloud and nobody else',
      { audiences: ['sts.aliyuncs.com', 'https://kubernetes.default.svc'], expirationSeconds: 600 },
    ],
    [
      'a token of its own that lives for a year',
      'of ten minutes at most',
      { audiences: ['sts.aliyuncs.com'], expirationSeconds: 31_536_000 },
    ],
    [
      'a token of its own that lives as long as one does by default',
      'of ten minutes at most',
      { audiences: ['sts.aliyuncs.com'] },
    ],
  ] as const
).map(([what, refusal, spec]): Escape => [what, refusal, tokenRequest('kube-system', account, spec)]);
