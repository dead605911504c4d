import { describe, expect, it } from 'vitest';
import type { IdentityFinding } from '../controller/identity-check.ts';
import { identityText } from './identity-text.ts';

const about = { instance: 'cri-a', identity: 'the node’s RAM role', isOfThisMachine: true };
const works: IdentityFinding = {
  ...about,
  kind: 'works',
  lifeMs: 3_599_000,
  hosts: ['a.example', 'b.example'],
};
const fails: IdentityFinding = { ...about, kind: 'fails', code: 'CLOUD_FORBIDDEN', why: 'it lacks a right' };
const unchecked: IdentityFinding = { ...about, kind: 'unchecked', code: 'METADATA_NO_ROLE', why: 'no role' };
const pull = 'whether these logins may pull (cr:PullRepository)';
const machine = 'The node’s RAM role is here that of this machine';

function textOf(...findings: IdentityFinding[]): string {
  return identityText(findings, (_, text) => text);
}

describe('what is said of checked identities', () => {
  it('is a line for each, with what it does not show in it', () => {
    expect(textOf(works, fails, unchecked).split('\n')).toEqual(
      expect.arrayContaining([
        'works: cri-a: the node’s RAM role: a login for 60 min at a.example, b.example, thrown away; not shown: whether it may pull',
        'fails: cri-a: the node’s RAM role: CLOUD_FORBIDDEN: it lacks a right',
        'not checked: cri-a: the node’s RAM role: only the add-on’s Pod can tell. Here: METADATA_NO_ROLE: no role',
      ]),
    );
  });

  it('does not speak of pulls where no login was had', () => {
    expect(textOf(works)).toContain(pull);
    expect(textOf(fails, unchecked)).not.toContain(pull);
  });

  it('says whose a node’s role was where one asked, and not where none did', () => {
    expect(textOf(works)).toContain(machine);
    expect(textOf(fails)).toContain(machine);
    expect(textOf(unchecked)).not.toContain(machine);
    expect(textOf({ ...works, isOfThisMachine: false })).not.toContain(machine);
  });
});
