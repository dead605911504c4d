import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  admissionPatch,
  attachPatch,
  detachPatch,
  isAttached,
  type ObservedServiceAccount,
} from './attachment.ts';

const ours = 'acr-credential-secret-aggregation';

function accountWith(names: string[] | undefined): ObservedServiceAccount {
  const imagePullSecrets = names?.map((name) => ({ name }));
  return { name: 'default', uid: 'u', resourceVersion: '7', isOptedOut: false, imagePullSecrets };
}

/** What the API server makes of the patch; the steps that are used here and no others. */
function patched(names: string[] | undefined, patch: ReturnType<typeof attachPatch>): string[] | undefined {
  type List = { name: string }[] | undefined;
  const start: List = names?.map((name) => ({ name }));
  return patch
    .reduce<List>((list, step) => {
      if (step.op === 'remove') return undefined;
      if (step.op === 'test') return list;
      if (step.path === '/imagePullSecrets') return step.value as List;
      return [...(list ?? []), step.value as { name: string }];
    }, start)
    ?.map(({ name }) => name);
}

describe('an attachment', () => {
  it('starts a list where there is none, unless the account has changed meanwhile', () => {
    expect(attachPatch(accountWith(undefined), ours)).toEqual([
      { op: 'test', path: '/metadata/resourceVersion', value: '7' },
      { op: 'add', path: '/imagePullSecrets', value: [{ name: ours }] },
    ]);
  });

  it('is appended to the entries of others, unless they have changed meanwhile', () => {
    expect(attachPatch(accountWith(['mine']), ours)).toEqual([
      { op: 'test', path: '/imagePullSecrets', value: [{ name: 'mine' }] },
      { op: 'add', path: '/imagePullSecrets/-', value: { name: ours } },
    ]);
  });

  it('takes the list with it when it was the only entry', () => {
    expect(patched([ours], detachPatch(accountWith([ours]), ours))).toBeUndefined();
  });

  it('never changes the entries of others nor their order, coming and going', () => {
    const others = fc.array(fc.string().filter((name) => name !== ours));
    fc.assert(
      fc.property(others, (names) => {
        const attached = patched(names, attachPatch(accountWith(names), ours));
        expect(attached).toEqual([...names, ours]);
        expect(isAttached(accountWith(attached), ours)).toBe(true);
        expect(patched(attached, detachPatch(accountWith(attached), ours)) ?? []).toEqual(names);
      }),
    );
  });

  it('that admission makes says so on the account, which has annotations or not', () => {
    const append = { op: 'add', path: '/imagePullSecrets/-', value: { name: ours } };
    expect(admissionPatch(accountWith(['mine']), true, ours)).toEqual([
      append,
      { op: 'add', path: '/metadata/annotations/acr-credential-helper~1attached-by', value: 'admission' },
    ]);
    expect(admissionPatch(accountWith(undefined), false, ours)).toEqual([
      { op: 'add', path: '/imagePullSecrets', value: [{ name: ours }] },
      {
        op: 'add',
        path: '/metadata/annotations',
        value: { 'acr-credential-helper/attached-by': 'admission' },
      },
    ]);
  });

  it('takes that mark with it, unless it has changed meanwhile', () => {
    const path = '/metadata/annotations/acr-credential-helper~1attached-by';
    expect(detachPatch({ ...accountWith([ours]), isMarked: true }, ours)).toEqual([
      ...detachPatch(accountWith([ours]), ours),
      { op: 'test', path, value: 'admission' },
      { op: 'remove', path },
    ]);
  });
});
