import fc from 'fast-check';
import { expect, test } from 'vitest';
import { basicCredentials } from './basic-credentials.ts';

test('whatever user name without a colon and password were sent are read', () => {
  const userName = fc.string({ unit: 'grapheme' }).filter((name) => !name.includes(':'));
  fc.assert(
    fc.property(userName, fc.string({ unit: 'grapheme' }), (userName, password) => {
      const header = `Basic ${Buffer.from(`${userName}:${password}`).toString('base64')}`;
      expect(basicCredentials(header)).toEqual({
        kind: 'credentials',
        credentials: { userName, password },
      });
    }),
  );
});

test('no header is somebody who did not say who they are', () => {
  expect(basicCredentials(undefined)).toEqual({ kind: 'nothing' });
});

test.each(['', 'Basic', 'Basic !!', 'Bearer abc', `Basic ${Buffer.from('no colon').toString('base64')}`])(
  'a header that is no Basic credentials is malformed, not anonymous: "%s"',
  (header) => {
    expect(basicCredentials(header)).toEqual({ kind: 'malformed' });
  },
);
