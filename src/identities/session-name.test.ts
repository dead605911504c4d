import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sessionNameOn } from './session-name.ts';

describe('the name of a session', () => {
  it('says which Pod asked', () => {
    expect(sessionNameOn('acr-7d9f-x2x4b')).toBe('acr-credential-helper@acr-7d9f-x2x4b');
  });

  it('is one that the cloud takes, whatever the host is called', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 100 }), (host) => {
        expect(sessionNameOn(host)).toMatch(/^[A-Za-z0-9.@_-]{2,64}$/);
      }),
    );
  });
});
