import { expect, test } from 'vitest';
import { nearestName } from './nearest-name.ts';
import { dataKeyNames, instanceFieldNames } from './schema.ts';

test.each([
  ['watchNamespace', 'watch-namespace'],
  ['watch-namespaces', 'watch-namespace'],
  ['expiring_threshold', 'expiring-threshold'],
  ['notify-mail', 'notify-email'],
  ['arc-registry-info', 'acr-registry-info'],
])('“%s” is near to the key %s', (written, meant) => {
  expect(nearestName(written, dataKeyNames)).toBe(meant);
});

test.each([
  ['instanceld', 'instanceId'],
  ['domain', 'domains'],
  ['accesskeysecretref', 'accessKeySecretRef'],
])('“%s” is near to the field %s', (written, meant) => {
  expect(nearestName(written, instanceFieldNames)).toBe(meant);
});

test.each(['', 'id', 'name', 'owner-of-this', 'x'.repeat(100_000)])(
  '“%.20s” is near to nothing',
  (written) => {
    expect(nearestName(written, instanceFieldNames)).toBeUndefined();
  },
);
