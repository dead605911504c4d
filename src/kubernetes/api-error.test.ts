import { expect, test } from 'vitest';
import { failureOfRefusal, type Status } from './api-error.ts';
import { secrets, serviceAccounts } from './resource.ts';

function failureFor(status: Status | string, more: { retryAfter?: string; isSecret?: boolean } = {}) {
  const resource = more.isSecret === true ? secrets : serviceAccounts;
  const isText = typeof status === 'string';
  return failureOfRefusal({
    method: 'PATCH',
    target: { resource, namespace: 'team-a', name: 'x' },
    statusCode: isText ? 502 : (status.code ?? 0),
    retryAfter: more.retryAfter,
    body: isText ? status : JSON.stringify({ kind: 'Status', ...status }),
  });
}

test.each<[string, Status, string]>([
  ['a missing object', { code: 404, reason: 'NotFound' }, 'KUBERNETES_NOT_FOUND'],
  ['an object that exists already', { code: 409, reason: 'AlreadyExists' }, 'KUBERNETES_CONFLICT'],
  ['a resource version that is gone', { code: 410, reason: 'Expired' }, 'KUBERNETES_GONE'],
  ['a patch whose test does not hold', { code: 422, reason: 'Invalid', details: {} }, 'KUBERNETES_CONFLICT'],
  [
    'an invalid object',
    { code: 422, reason: 'Invalid', details: { causes: [{ field: 'type', reason: 'FieldValueInvalid' }] } },
    'KUBERNETES_REFUSED',
  ],
  ['throttling', { code: 429, reason: 'TooManyRequests' }, 'KUBERNETES_THROTTLED'],
  ['an internal error', { code: 500, reason: 'InternalError' }, 'KUBERNETES_UNREACHABLE'],
  [
    'an object that is too large for etcd',
    { code: 500, message: 'etcdserver: request is too large' },
    'KUBERNETES_REFUSED',
  ],
  [
    'an object that is too large for etcd’s client',
    {
      code: 500,
      message: 'rpc error: code = ResourceExhausted desc = trying to send message larger than max (2 vs. 1)',
    },
    'KUBERNETES_REFUSED',
  ],
  ['an unavailable server', { code: 503, reason: 'ServiceUnavailable' }, 'KUBERNETES_UNREACHABLE'],
  ['unknown credentials', { code: 401, reason: 'Unauthorized' }, 'KUBERNETES_REFUSED'],
  [
    'missing rights',
    { code: 403, message: 'secrets "x" is forbidden: User "eve" cannot get resource "secrets"' },
    'KUBERNETES_FORBIDDEN',
  ],
  [
    'a terminating namespace, which no role would help against',
    { code: 403, message: 'secrets "x" is forbidden: unable to create new content in namespace team-a' },
    'KUBERNETES_REFUSED',
  ],
])('%s: %o is %s', (_, status, code) => {
  expect(failureFor(status).code).toBe(code);
});

test('a refusal for missing rights tells who may not do what', () => {
  const message = 'secrets "x" is forbidden: User "eve" cannot get resource "secrets"';
  expect(failureFor({ code: 403, message }, { isSecret: true }).message).toContain(message);
});

test('Retry-After is followed, up to five minutes', () => {
  const advice = (retryAfter: string) => failureFor({ code: 429 }, { retryAfter }).retry;
  expect(advice('7')).toEqual({ kind: 'after', delayMs: 7_000 });
  expect(advice('86400')).toEqual({ kind: 'after', delayMs: 300_000 });
  expect(advice('soon')).toEqual({ kind: 'backoff' });
  expect(failureFor({ code: 503 }, { retryAfter: '2' }).code).toBe('KUBERNETES_THROTTLED');
});

test.each<[string, Status]>([
  [
    'a validation error that quotes a value',
    {
      code: 422,
      reason: 'Invalid',
      message: 'data[.dockerconfigjson]: Invalid value: "hush"',
      details: { causes: [{ field: 'data[.dockerconfigjson]', reason: 'FieldValueInvalid' }] },
    },
  ],
  ['an admission policy that quotes a value', { code: 403, reason: 'Forbidden', message: 'denied: hush' }],
  ['a decoding error', { code: 500, reason: 'InternalError', message: 'illegal base64: hush' }],
])('of a Secret, %s is told without the value', (_, status) => {
  const { message } = failureFor(status, { isSecret: true });
  expect(message).not.toContain('hush');
  expect(message).toContain(String(status.reason));
});

test('of a Secret, the refused fields are named', () => {
  const causes = [{ field: 'metadata.namespace', reason: 'NamespaceTerminating' }];
  const { message } = failureFor({ code: 403, message: 'x', details: { causes } }, { isSecret: true });
  expect(message).toContain('metadata.namespace NamespaceTerminating');
});

test('a proxy’s error page is a failure of the way, and is not repeated', () => {
  const failure = failureFor('<html>Bad Gateway</html>');
  expect(failure.code).toBe('KUBERNETES_UNREACHABLE');
  expect(failure.message).not.toContain('html');
});
