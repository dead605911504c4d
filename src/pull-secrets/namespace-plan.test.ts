import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Sensitive } from '../runtime/sensitive.ts';
import { everything, nothing, type Selection } from '../settings/selection.ts';
import type { Scope } from '../settings/settings.ts';
import type { ObservedServiceAccount } from './attachment.ts';
import { mentionedBy, secretType, type ObservedSecret } from './desired-secret.ts';
import { planNamespace, type Action, type ObservedNamespace, type Wanted } from './namespace-plan.ts';

const secretName = 'acr-credential-secret-aggregation';
const named = (...names: string[]): Selection => ({
  included: { ...nothing, names: new Set(names) },
  excluded: nothing,
});
const all: Selection = { included: everything, excluded: nothing };
const login = {
  instanceKey: 'cri-a',
  userName: 'cr_temp_user',
  token: new Sensitive('example-token'),
  mintedAtMs: 0,
  expiresAtMs: Date.parse('2026-01-01T01:00:00Z'),
  domains: ['a.example'],
};
const servesTeamA: Wanted = {
  scope: { namespaces: named('team-a'), serviceAccounts: named('default') },
  secretName,
  logins: [login],
  email: 'cs@aliyuncs.com',
};
const servesNothing: Wanted = { ...servesTeamA, scope: { ...servesTeamA.scope, namespaces: named() } };

function account(name: string, secrets?: string[]): ObservedServiceAccount {
  return {
    name,
    uid: `uid of ${name}`,
    resourceVersion: '1',
    isOptedOut: false,
    imagePullSecrets: secrets?.map((each) => ({ name: each })),
  };
}

const teamA: ObservedNamespace = {
  name: 'team-a',
  uid: 'uid of team-a',
  labels: {},
  isTerminating: false,
  isOptedOut: false,
  serviceAccounts: [account('default'), account('builder')],
  secret: undefined,
  recordedMentions: undefined,
};

/** What the API server makes of an action. */
function apply(before: ObservedNamespace, action: Action): ObservedNamespace {
  switch (action.kind) {
    case 'attach':
    case 'detach': {
      const serviceAccounts = before.serviceAccounts.map((one) => {
        if (one.name !== action.account.name) return one;
        const others = (one.imagePullSecrets ?? []).filter(({ name }) => name !== secretName);
        const imagePullSecrets = action.kind === 'attach' ? [...others, { name: secretName }] : others;
        return { ...one, imagePullSecrets };
      });
      return { ...before, serviceAccounts };
    }
    case 'apply-secret':
    case 'replace-secret': {
      const { dockerConfigJson, labels, annotations } = action.desired;
      const kept = {
        uid: before.secret?.uid ?? 'u',
        resourceVersion: '2',
        type: secretType,
        isImmutable: false,
      };
      const secret = { ...kept, labels, annotations, dockerConfigJson };
      return { ...before, secret, recordedMentions: mentionedBy(secret) };
    }
    case 'delete-secret':
      return { ...before, secret: undefined, recordedMentions: undefined };
  }
}

const after = (before: ObservedNamespace, wanted: Wanted) =>
  planNamespace(before, wanted).reduce(apply, before);
const optedOut = (one: ObservedServiceAccount) => ({ ...one, isOptedOut: true });
const kinds = (observed: ObservedNamespace, wanted: Wanted) =>
  planNamespace(observed, wanted).map(({ kind }) => kind);
const attachedIn = ({ serviceAccounts }: ObservedNamespace) =>
  serviceAccounts
    .filter((one) => one.imagePullSecrets?.some(({ name }) => name === secretName))
    .map(({ name }) => name);

describe('the plan for a namespace', () => {
  it('applies the Secret, then attaches the accounts in scope', () => {
    expect(kinds(teamA, servesTeamA)).toEqual(['apply-secret', 'attach']);
    expect(attachedIn(after(teamA, servesTeamA))).toEqual(['default']);
  });

  it('attaches even while there is no login, to a Secret that holds none, and fills it in later', () => {
    const early = after(teamA, { ...servesTeamA, logins: [] });
    expect(attachedIn(early)).toEqual(['default']);
    expect(early.secret?.dockerConfigJson?.reveal()).toBe('{"auths":{}}');
    expect(kinds(early, { ...servesTeamA, logins: [] })).toEqual([]);
    expect(kinds(early, servesTeamA)).toEqual(['apply-secret']);
  });

  it('applies the Secret of a namespace that has no accounts yet', () => {
    expect(kinds({ ...teamA, serviceAccounts: [] }, servesTeamA)).toEqual(['apply-secret']);
  });

  it('leaves alone what is out of scope, and what is going away', () => {
    expect(kinds({ ...teamA, name: 'team-b' }, servesTeamA)).toEqual([]);
    expect(kinds({ ...teamA, isTerminating: true }, servesTeamA)).toEqual([]);
  });

  it('writes the Secret again when its content was changed by hand', () => {
    const served = after(teamA, servesTeamA);
    const secret = { ...(served.secret as ObservedSecret), dockerConfigJson: new Sensitive('{}') };
    expect(kinds({ ...served, secret }, servesTeamA)).toEqual(['apply-secret']);
  });

  it('keeps what is there when every login is gone', () => {
    expect(kinds(after(teamA, servesTeamA), { ...servesTeamA, logins: [] })).toEqual([]);
  });

  it('takes everything of ours away when the namespace leaves the scope', () => {
    const served = after(teamA, servesTeamA);
    expect(kinds(served, servesNothing)).toEqual(['detach', 'delete-secret']);
    expect(attachedIn(after(served, servesNothing))).toEqual([]);
  });

  it('takes attachments away that never got a login', () => {
    const early = after(teamA, { ...servesTeamA, logins: [] });
    expect(attachedIn(after(early, servesNothing))).toEqual([]);
  });

  it('never detaches an account that mentioned the name before we came', () => {
    const mentioned = { ...teamA, serviceAccounts: [account('default', [secretName]), account('builder')] };
    const wide: Wanted = {
      ...servesTeamA,
      scope: { ...servesTeamA.scope, serviceAccounts: all },
    };
    expect(attachedIn(after(after(mentioned, wide), servesNothing))).toEqual(['default']);
  });

  it('takes a name for ours that came to an account after its namespace was served', () => {
    const served = after(teamA, servesTeamA);
    const later = {
      ...served,
      serviceAccounts: [account('default', [secretName]), account('mine', [secretName])],
    };
    expect(attachedIn(after(later, servesTeamA))).toEqual(['default']);
    expect(attachedIn(after(later, servesNothing))).toEqual([]);
  });

  it('treats a namespace that opted out as out of scope, and serves it again when it opts in', () => {
    const served = after(teamA, servesTeamA);
    const left = { ...served, isOptedOut: true };
    expect(kinds({ ...teamA, isOptedOut: true }, servesTeamA)).toEqual([]);
    expect(kinds(left, servesTeamA)).toEqual(['detach', 'delete-secret']);
    expect(kinds({ ...after(left, servesTeamA), isOptedOut: false }, servesTeamA)).toEqual([
      'apply-secret',
      'attach',
    ]);
  });

  it('takes for ours what admission attached before the leader came, which its mark tells from a mention', () => {
    const born = {
      ...teamA,
      serviceAccounts: [
        { ...account('default', ['mine', secretName]), isMarked: true },
        account('builder', [secretName]),
      ],
    };
    expect(kinds(born, servesTeamA)).toEqual(['apply-secret']);
    expect(attachedIn(after(after(born, servesTeamA), servesNothing))).toEqual(['builder']);
    // Also where the scope has shrunk before anybody came, or the Secret and its record are lost.
    expect(attachedIn(after(born, servesNothing))).toEqual(['builder']);
  });

  it('treats an account that opted out as out of scope, unless it mentioned the name before we came', () => {
    const served = after(teamA, servesTeamA);
    const left = { ...served, serviceAccounts: served.serviceAccounts.map(optedOut) };
    expect(attachedIn(after(left, servesTeamA))).toEqual([]);
    const mentioned = after({ ...teamA, serviceAccounts: [account('default', [secretName])] }, servesTeamA);
    const stays = { ...mentioned, serviceAccounts: mentioned.serviceAccounts.map(optedOut) };
    expect(kinds(stays, servesTeamA)).toEqual([]);
  });

  it('replaces a Secret whose type or immutability is in the way, once and only for a login', () => {
    const another = { uid: 'u', resourceVersion: '1', labels: {}, annotations: {} };
    const opaque = { ...another, type: 'Opaque', isImmutable: false, dockerConfigJson: undefined };
    const typed = { ...teamA, secret: opaque };
    expect(kinds(typed, { ...servesTeamA, logins: [] })).toEqual(['attach']);
    expect(planNamespace(typed, servesTeamA)[0]).toMatchObject({
      kind: 'replace-secret',
      why: 'its type was Opaque, which cannot be changed',
    });
    expect(kinds(after(typed, servesTeamA), servesTeamA)).toEqual([]);
    expect(kinds({ ...typed, name: 'team-b' }, servesTeamA)).toEqual([]);

    const served = after(teamA, servesTeamA);
    const frozen = { ...served, secret: { ...(served.secret as ObservedSecret), isImmutable: true } };
    expect(kinds(frozen, servesTeamA)).toEqual([]);
    const renewed = { ...servesTeamA, logins: [{ ...login, token: new Sensitive('renewed') }] };
    expect(planNamespace(frozen, renewed)[0]).toMatchObject({
      kind: 'replace-secret',
      why: 'it was immutable',
    });
    expect(attachedIn(after(after(frozen, renewed), servesNothing))).toEqual([]);
  });

  it('takes over what the official add-on attached', () => {
    const theirs: ObservedSecret = {
      uid: 'u',
      resourceVersion: '1',
      type: secretType,
      isImmutable: false,
      labels: {},
      annotations: {},
      dockerConfigJson: new Sensitive('{"auths":{}}'),
    };
    const migrated = { ...teamA, serviceAccounts: [account('default', [secretName])], secret: theirs };
    expect(kinds(migrated, servesTeamA)).toEqual(['apply-secret']);
    expect(attachedIn(after(after(migrated, servesTeamA), servesNothing))).toEqual([]);
  });

  it('adopts the names that a former add-on has left without a Secret only where it is told to', () => {
    const left = { ...teamA, serviceAccounts: [account('default', [secretName])] };
    const adopting = { ...servesTeamA, adoptsMentions: true };
    expect(attachedIn(after(after(left, servesTeamA), servesNothing))).toEqual(['default']);
    expect(attachedIn(after(after(left, adopting), servesNothing))).toEqual([]);
    // Also those that were put on record before.
    expect(attachedIn(after(after(after(left, servesTeamA), adopting), servesNothing))).toEqual([]);
  });

  it('still knows whose attachments they are after somebody deleted the Secret', () => {
    const deleted = { ...after(teamA, servesTeamA), secret: undefined };
    expect(attachedIn(after(after(deleted, servesTeamA), servesNothing))).toEqual([]);
    expect(attachedIn(after(deleted, servesNothing))).toEqual([]);
  });

  it('does not replace another’s Secret by one without a login', () => {
    const theirs = {
      uid: 'u',
      resourceVersion: '1',
      type: secretType,
      isImmutable: false,
      labels: {},
      annotations: {},
    };
    const migrated = { ...teamA, secret: { ...theirs, dockerConfigJson: new Sensitive('{"auths":{}}') } };
    expect(kinds(migrated, { ...servesTeamA, logins: [] })).toEqual(['attach']);
  });

  it('does not touch another’s Secret and attachments where the namespace was never served', () => {
    const theirs = {
      uid: 'u',
      resourceVersion: '1',
      type: secretType,
      isImmutable: false,
      labels: {},
      annotations: {},
    };
    const foreign = {
      ...teamA,
      serviceAccounts: [account('default', [secretName])],
      secret: { ...theirs, dockerConfigJson: undefined },
    };
    expect(kinds(foreign, servesNothing)).toEqual([]);
  });

  it('has nothing left to do once it was carried out, from any state', () => {
    const names = fc.constantFrom('default', 'builder', 'ci');
    const lists = fc.option(fc.subarray(['mine', secretName, 'theirs']), { nil: undefined });
    const accounts = fc.uniqueArray(fc.tuple(names, lists), { selector: ([name]) => name });
    const selections = fc.oneof(
      fc.constant(all),
      fc.subarray(['team-a', 'default', 'builder']).map((some) => named(...some)),
    );
    const scopes = fc.record<Scope>({ namespaces: selections, serviceAccounts: selections });
    const states = fc.constantFrom('none', 'served before', 'another’s');
    fc.assert(
      fc.property(accounts, scopes, states, fc.boolean(), (list, scope, state, hasLogin) => {
        const start = { ...teamA, serviceAccounts: list.map((one) => account(...one)) };
        const another = {
          uid: 'u',
          resourceVersion: '1',
          type: secretType,
          isImmutable: false,
          labels: {},
          annotations: {},
        };
        const begun =
          state === 'served before'
            ? after(start, servesTeamA)
            : {
                ...start,
                secret: state === 'none' ? undefined : { ...another, dockerConfigJson: undefined },
              };
        const wanted = { ...servesTeamA, scope, logins: hasLogin ? [login] : [] };
        const planned = planNamespace(begun, wanted);
        const changedAccounts = planned.flatMap((one) => ('account' in one ? [one.account.name] : []));
        expect(new Set(changedAccounts).size).toBe(changedAccounts.length);
        expect(planned.filter((one) => one.kind.endsWith('secret')).length).toBeLessThanOrEqual(1);
        expect(kinds(planned.reduce(apply, begun), wanted)).toEqual([]);
      }),
    );
  });
});
