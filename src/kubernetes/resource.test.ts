import { expect, test } from 'vitest';
import { apiVersionOf, leases, namespaces, pathOf, secrets } from './resource.ts';

test.each([
  [{ resource: namespaces }, '/api/v1/namespaces'],
  [{ resource: namespaces, name: 'team-a' }, '/api/v1/namespaces/team-a'],
  [{ resource: secrets }, '/api/v1/secrets'],
  [{ resource: secrets, namespace: 'team-a' }, '/api/v1/namespaces/team-a/secrets'],
  [{ resource: secrets, namespace: 'team-a', name: 's' }, '/api/v1/namespaces/team-a/secrets/s'],
  [{ resource: leases, namespace: 'a', name: 'l' }, '/apis/coordination.k8s.io/v1/namespaces/a/leases/l'],
  [{ resource: secrets, namespace: 'a', name: '../x?y' }, '/api/v1/namespaces/a/secrets/..%2Fx%3Fy'],
])('the path of %j is %s', (target, path) => {
  expect(pathOf(target)).toBe(path);
});

test('the core group has no name in apiVersion', () => {
  expect([apiVersionOf(secrets), apiVersionOf(leases)]).toEqual(['v1', 'coordination.k8s.io/v1']);
});
