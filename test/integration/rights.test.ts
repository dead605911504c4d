import { readFileSync } from 'node:fs';
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiCaller } from '../real-parts/api-caller.ts';
import { startControlPlane, type ControlPlane } from '../real-parts/control-plane.ts';
import { noControlOfCluster } from '../real-parts/users-cluster.ts';
import { whyTooOld } from '../real-parts/served-admission.ts';
import { readWrittenRights, type WrittenRight } from './written-rights.ts';

const ownNamespace = 'kube-system';
const namespaces = [ownNamespace, 'default', 'kube-public'];
const security = readFileSync(new URL('../../SECURITY.md', import.meta.url), 'utf8');
const written = readWrittenRights(security, 'What it may do in the cluster');

/** Those that no discovery tells of, too. */
const verbs = 'get list watch create update patch delete deletecollection impersonate bind escalate *'.split(
  ' ',
);
/** What may be impersonated, and everything there is. */
const undiscovered = [
  'users',
  'groups',
  'uids.authentication.k8s.io',
  'userextras/scopes.authentication.k8s.io',
  '*.*',
];
const paths = ['/', '/api', '/apis', '/metrics', '/logs', '/debug/pprof', '/configz', '/anything'];

/** `resource[/subresource][.group]`. */
function parts(what: string): { group: string; resource: string; subresource: string } {
  const [, full = '', group = ''] = /^([^.]*)(?:\.(.*))?$/.exec(what) ?? [];
  const [resource = '', subresource = ''] = full.split('/');
  return { group, resource, subresource };
}

interface Question {
  readonly verb: string;
  readonly what: string;
  readonly name: string;
  readonly namespace: string;
}

function isWritten({ verb, what, name, namespace }: Question): boolean {
  const asks = (right: WrittenRight) =>
    right.verb === verb &&
    right.what === what &&
    (right.name === 'any' || right.name === name) &&
    (right.where === 'everywhere' || namespace === ownNamespace);
  return written.some(asks);
}

const inWords = ({ verb, what, name, namespace }: Question) => `${verb} ${what} ${name} in ${namespace}`;

describe.skipIf(noControlOfCluster !== undefined)('the add-on’s account', () => {
  let controlPlane: ControlPlane;
  let admin: ApiCaller;
  let addOn: ApiCaller;
  /** Older ones allow everybody less than is listed. */
  let whyNot: string | undefined;

  beforeAll(async () => {
    controlPlane = await startControlPlane();
    whyNot = await whyTooOld(controlPlane.kubeConfig);
    admin = new ApiCaller(controlPlane.kubeConfig);
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(await controlPlane.addOnKubeConfig());
    addOn = new ApiCaller(kubeConfig);
  });

  afterAll(async () => {
    await admin?.close();
    await addOn?.close();
    await controlPlane?.stop();
  });

  async function get<T>(path: string): Promise<T> {
    return JSON.parse((await admin.call({ method: 'GET', path })).text) as T;
  }

  it.for(namespaces)(
    'is told in namespace %s what SECURITY.md lists, and nothing else',
    async (namespace, { skip }) => {
      skip(whyNot !== undefined, whyNot);
      const rules = await post<Rules>(addOn, 'SelfSubjectRulesReview', { namespace });
      const told = new Set([
        ...rules.resourceRules.flatMap(rightsOf),
        ...rules.nonResourceRules.flatMap(pathsOf),
      ]);
      const listed = written.filter(({ where }) => where === 'everywhere' || namespace === ownNamespace);
      expect(rules.incomplete).toBe(false);
      expect([...told].toSorted()).toEqual(
        listed.map(({ verb, what, name }) => `${verb} ${what} ${name}`).toSorted(),
      );
    },
  );

  it('may do what SECURITY.md lists, and nothing else: each verb on each resource, by name and without', async () => {
    const [core, groups] = await Promise.all([
      get<ResourceList>('/api/v1'),
      get<{ groups: { name: string; versions: { groupVersion: string }[] }[] }>('/apis'),
    ]);
    const others = await Promise.all(
      groups.groups.flatMap(({ name, versions }) =>
        versions.map(async ({ groupVersion }) => {
          const { resources } = await get<ResourceList>(`/apis/${groupVersion}`);
          return resources.map((resource) => `${resource.name}.${name}`);
        }),
      ),
    );
    const discovered = [...core.resources.map(({ name }) => name), ...others.flat()];
    expect(discovered).toEqual(expect.arrayContaining(['pods/exec', 'leases.coordination.k8s.io']));
    const questions = [...new Set([...discovered, ...undiscovered])].flatMap((what) => {
      const names = written.filter((right) => right.what === what).map(({ name }) => name);
      return ['', 'another', ...new Set(names)].flatMap((name) =>
        [ownNamespace, 'default'].flatMap((namespace) =>
          verbs.map((verb) => ({ verb, what, name: name === 'any' ? 'some' : name, namespace })),
        ),
      );
    });
    const allowed = await allowedOf(questions, ({ verb, what, name, namespace }) => ({
      resourceAttributes: { verb, name, namespace, ...parts(what) },
    }));
    expect(questions.length).toBeGreaterThan(5_000);
    expect(allowed.toSorted()).toEqual(questions.filter(isWritten).map(inWords).toSorted());
  }, 300_000);

  it('may get the paths that SECURITY.md lists, and no others', async ({ skip }) => {
    skip(whyNot !== undefined, whyNot);
    const listed = written.filter(({ what }) => what.startsWith('/')).map(({ what }) => what);
    const questions = [...new Set([...paths, ...listed])].flatMap((what) =>
      ['get', 'post', 'put', '*'].map((verb) => ({ verb, what, name: '', namespace: '' })),
    );
    const allowed = await allowedOf(questions, ({ verb, what: path }) => ({
      nonResourceAttributes: { verb, path },
    }));
    expect(allowed.toSorted()).toEqual(questions.filter(isWritten).map(inWords).toSorted());
  });

  /** Asks the API server's authorizers, so many at a time. */
  async function allowedOf(
    questions: readonly Question[],
    specOf: (question: Question) => object,
  ): Promise<string[]> {
    const user = `system:serviceaccount:${ownNamespace}:aliyun-acr-credential-helper`;
    const groups = [
      'system:serviceaccounts',
      `system:serviceaccounts:${ownNamespace}`,
      'system:authenticated',
    ];
    const allowed: string[] = [];
    const left = questions.values();
    const ask = async () => {
      for (const question of left) {
        const spec = { user, groups, ...specOf(question) };
        const answer = await post<{ allowed: boolean }>(admin, 'SubjectAccessReview', spec);
        if (answer.allowed) allowed.push(inWords(question));
      }
    };
    await Promise.all(Array.from({ length: 24 }, ask));
    return allowed;
  }
});

interface ResourceList {
  readonly resources: readonly { readonly name: string }[];
}

interface Rules {
  readonly incomplete: boolean;
  readonly resourceRules: readonly ResourceRule[];
  readonly nonResourceRules: readonly { readonly verbs: string[]; readonly nonResourceURLs: string[] }[];
}

interface ResourceRule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
}

function rightsOf({ verbs: may, apiGroups, resources, resourceNames = ['any'] }: ResourceRule): string[] {
  return may.flatMap((verb) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        resourceNames.map((name) => `${verb} ${group === '' ? resource : `${resource}.${group}`} ${name}`),
      ),
    ),
  );
}

function pathsOf({ verbs: may, nonResourceURLs }: Rules['nonResourceRules'][number]): string[] {
  return may.flatMap((verb) => nonResourceURLs.map((path) => `${verb} ${path} any`));
}

async function post<T>(caller: ApiCaller, kind: string, spec: object): Promise<T> {
  const apiVersion = 'authorization.k8s.io/v1';
  const path = `/apis/${apiVersion}/${kind.toLowerCase()}s`;
  const { text } = await caller.call({ method: 'POST', path, body: { apiVersion, kind, spec } });
  return (JSON.parse(text) as { status: T }).status;
}
