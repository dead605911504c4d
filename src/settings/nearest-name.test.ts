import { expect, test } from 'vitest';
import { nearestName } from './nearest-name.ts';
import { dataKeys, instanceFields } from './schema.ts';

test.each([
  ['watchNamespace', 'watch-namespace'],
  ['watch-namespaces', 'watch-namespace'],
  ['expiring_threshold', 'expiring-threshold'],
  ['notify-mail', 'notify-email'],
  ['arc-registry-info', 'acr-registry-info'],
])('“%s” is near to the key %s', (written, meant) => {
  expect(nearestName(written, dataKeys)).toBe(meant);
});

test.each([
  ['instanceld', 'instanceId'],
  ['domain', 'domains'],
  ['accesskeysecretref', 'accessKeySecretRef'],
])('“%s” is near to the field %s', (written, meant) => {
  expect(nearestName(written, instanceFields)).toBe(meant);
});

test.each(['', 'id', 'name', 'owner-of-this', 'x'.repeat(100_000)])(
  '“%.20s” is near to nothing',
  (written) => {
    expect(nearestName(written, instanceFields)).toBeUndefined();
  },
);
