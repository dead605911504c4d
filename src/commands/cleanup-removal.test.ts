import { beforeEach, describe, expect, it } from 'vitest';
import type { FailureCode } from '../failures/catalogue.ts';
import { Failure } from '../failures/failure.ts';
import type { ApiCall, Connection } from '../kubernetes/connection.ts';
import {
  leases,
  pathOf,
  secrets,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
} from '../kubernetes/resource.ts';
import { desiredSecret, secretType } from '../pull-secrets/desired-secret.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import type { Inventory } from './cleanup-inventory.ts';
import { removeAll } from './cleanup-removal.ts';

const secretName = 'acr-credential-secret-aggregation';
const options = { namespace: 'kube-system', secretName, leaseName: 'lease' };
const account = {
  name: 'default',
  uid: 'account',
  resourceVersion: '1',
  isOptedOut: false,
  imagePullSecrets: [{ name: 'mine' }, { name: secretName }],
};
const secret = {
  uid: 'secret',
  resourceVersion: '1',
  type: secretType,
  isImmutable: false,
  ...desiredSecret([], 'cs@aliyuncs.com', new Set()),
};
const inventory: Inventory = {
  admission: [
    { ref: { resource: validatingAdmissionPolicyBindings, name: 'binding' }, uid: 'b' },
    { ref: { resource: validatingAdmissionPolicies, name: 'policy' }, uid: 'p' },
  ],
  namespaces: [{ namespace: 'team-a', detach: [account], secret }],
  own: [
    { ref: { resource: secrets, namespace: 'kube-system', name: 'state' }, uid: 's' },
    { ref: { resource: leases, namespace: 'kube-system', name: 'lease' }, uid: 'l' },
  ],
  mentions: [],
  unseen: [],
};
const accountPath = '/api/v1/namespaces/team-a/serviceaccounts/default';
const secretPath = `/api/v1/namespaces/team-a/secrets/${secretName}`;

describe('a removal', () => {
  let clock: VirtualClock;
  let asked: string[];
  let bodies: unknown[];
  let stop: AbortController;
  /** By method and path: what it fails with, each once. */
  let failures: Map<string, FailureCode[]>;
  /** What the API server has of the account. */
  let current: object;
  /** How many more times admission attaches it again. */
  let admitted: number;

  beforeEach(() => {
    clock = new VirtualClock();
    asked = [];
    bodies = [];
    stop = new AbortController();
    failures = new Map();
    admitted = 0;
    const { uid, resourceVersion, imagePullSecrets } = account;
    current = { metadata: { name: 'default', uid, resourceVersion }, imagePullSecrets };
  });

  function answer({ method, target, body }: ApiCall): unknown {
    const request = `${method} ${pathOf(target)}`;
    asked.push(request);
    bodies.push(body?.content);
    const code = failures.get(request)?.shift();
    if (code !== undefined) throw new Failure(code, `${request}: no`);
    if (request !== `PATCH ${accountPath}`) return current;
    admitted -= 1;
    return admitted < 0 ? { ...current, imagePullSecrets: [{ name: 'mine' }] } : current;
  }

  async function remove() {
    const connection: Pick<Connection, 'request'> = {
      request: async <T>(call: ApiCall) => Promise.resolve(answer(call) as T),
    };
    const parts = { connection: connection as Connection, clock, random: () => 0 };
    const outcome = removeAll(parts, options, inventory, stop.signal);
    await clock.advance(60_000);
    return outcome;
  }

  it('takes admission first, then attachments, then their Secret, and the Lease last', async () => {
    const { removed, left } = await remove();
    expect(asked).toEqual([
      'DELETE /apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/binding',
      'DELETE /apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/policy',
      `PATCH ${accountPath}`,
      `DELETE ${secretPath}`,
      'DELETE /api/v1/namespaces/kube-system/secrets/state',
      'DELETE /apis/coordination.k8s.io/v1/namespaces/kube-system/leases/lease',
    ]);
    expect(bodies[3]).toEqual({ preconditions: { uid: 'secret' } });
    expect(removed).toEqual({ admission: 2, attachments: 1, pullSecrets: 1, own: 2 });
    expect(left).toEqual([]);
  });

  it('keeps the Secret with the record where an attachment is left, and goes on elsewhere', async () => {
    failures.set(`PATCH ${accountPath}`, ['KUBERNETES_FORBIDDEN']);
    const { removed, left } = await remove();
    expect(asked).not.toContain(`DELETE ${secretPath}`);
    expect(removed).toEqual({ admission: 2, attachments: 0, pullSecrets: 0, own: 2 });
    expect(left.map(({ what }) => what)).toEqual([
      'attachment team-a/default',
      `Secret team-a/${secretName}`,
    ]);
    expect(left[1]?.command).toBe(`kubectl -n team-a delete secret ${secretName}`);
  });

  it('looks again where the account has changed, and keeps what somebody added', async () => {
    failures.set(`PATCH ${accountPath}`, ['KUBERNETES_CONFLICT']);
    current = { ...current, imagePullSecrets: [{ name: secretName }, { name: 'added' }] };
    const { left } = await remove();
    expect(left).toEqual([]);
    expect(bodies[asked.lastIndexOf(`PATCH ${accountPath}`)]).toEqual([
      { op: 'test', path: '/imagePullSecrets', value: [{ name: secretName }, { name: 'added' }] },
      { op: 'replace', path: '/imagePullSecrets', value: [{ name: 'added' }] },
    ]);
  });

  it('detaches again while admission, which the API server has not forgotten yet, attaches again', async () => {
    admitted = 2;
    const { removed, left } = await remove();
    expect(asked.filter((request) => request === `PATCH ${accountPath}`)).toHaveLength(3);
    expect(removed.attachments).toBe(1);
    expect(left).toEqual([]);
  });

  it('keeps the Secret where another admission attaches each time, and says so', async () => {
    admitted = 99;
    const { left } = await remove();
    expect(left[0]).toMatchObject({
      what: 'attachment team-a/default',
      why: expect.stringContaining('admission attaches it again') as string,
    });
    expect(asked).not.toContain(`DELETE ${secretPath}`);
  });

  it('leaves an account alone that was made anew meanwhile', async () => {
    failures.set(`PATCH ${accountPath}`, ['KUBERNETES_CONFLICT']);
    current = { ...current, metadata: { name: 'default', uid: 'another' } };
    await remove();
    expect(asked.filter((request) => request === `PATCH ${accountPath}`)).toHaveLength(1);
  });

  it('counts what is gone already as removed', async () => {
    failures.set(`DELETE ${secretPath}`, ['KUBERNETES_NOT_FOUND']);
    expect((await remove()).left).toEqual([]);
  });

  it('begins nothing more once it is stopped, and says so of each', async () => {
    stop.abort(new Error('stopped'));
    const { left } = await remove();
    expect(asked).toEqual([]);
    expect(left).toHaveLength(6);
    expect(left[0]?.why).toBe('not tried, since cleanup was stopped');
  });
});
