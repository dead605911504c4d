import { describe, expect, it } from 'vitest';
import { everything, nothing } from '../settings/selection.ts';
import type { Scope } from '../settings/settings.ts';
import { publishedScope, readPublishedScope } from './published-scope.ts';

const scope: Scope = {
  namespaces: { included: everything, excluded: { ...nothing, names: new Set(['kube-system']) } },
  serviceAccounts: { included: { ...nothing, globs: ['ci-*'] }, excluded: nothing },
};

describe('the published scope', () => {
  it('is read back as it was in force, whatever waits beside it', () => {
    const other = { ...scope, namespaces: scope.serviceAccounts };
    expect(readPublishedScope(publishedScope(scope, undefined))).toEqual(scope);
    expect(readPublishedScope(publishedScope(scope, other))).toEqual(scope);
  });

  it.each([
    ['missing', undefined],
    ['emptied', {}],
    ['half there', { 'watch-namespace': 'team-a' }],
    ['broken', { 'watch-namespace': 'Team A', 'service-account': 'default' }],
  ])('is none where it is %s: no default stands in for it', (_how, data) => {
    expect(readPublishedScope(data)).toBeUndefined();
  });
});
