import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccessDenied, CloudRefusal } from '../failures/cloud-refusal.ts';
import { tellRefusal } from './explained.ts';
import { explainRefusal } from './explain-refusal.ts';
import type { RefusedStep } from './refused-step.ts';

const clusterAccount = '1000000000000001';
const ownerAccount = '2000000000000002';
const clusterRole = `acs:ram::${clusterAccount}:role/demo-role-for-rrsa`;
const ownerRole = `acs:ram::${ownerAccount}:role/test-rrsa-acr`;
const provider = `acs:ram::${clusterAccount}:oidc-provider/ack-rrsa-c0123456789abcdef0123456789abcdef0`;
const iss = 'https://oidc-ack-cn-hangzhou.oss-cn-hangzhou.aliyuncs.com/c0123456789abcdef0123456789abcdef0';
const sub = 'system:serviceaccount:kube-system:aliyun-acr-credential-helper';
const caller = { who: `role demo-role-for-rrsa of account ${clusterAccount}`, arn: clusterRole };

const oidc = {
  kind: 'assume-role-with-oidc',
  roleArn: clusterRole,
  oidcProviderArn: provider,
  sessionSeconds: 43_200,
  tokenClaims: { iss, sub, aud: ['sts.aliyuncs.com'], expiresAtMs: Date.UTC(2026, 0, 1) },
} as const satisfies RefusedStep;
const assume = {
  kind: 'assume-role',
  roleArn: ownerRole,
  sessionSeconds: 43_200,
  caller,
} as const satisfies RefusedStep;
const registry = {
  kind: 'container-registry',
  action: 'cr:GetAuthorizationToken',
  instanceId: 'cri-example0000001',
  regionId: 'cn-hangzhou',
  caller: { who: `role test-rrsa-acr of account ${ownerAccount}`, arn: ownerRole },
} as const satisfies RefusedStep;
/** An Event has room for 1,000 characters; the instance and the failure's code stand before. */
const longestEventText = 960;
const steps: readonly RefusedStep[] = [oidc, assume, registry];

function refusal(code: string, message = 'text', accessDenied?: Partial<AccessDenied>): CloudRefusal {
  const nothing = { action: undefined, principalType: undefined, principalName: undefined };
  const unsaid = { ...nothing, accountId: undefined, denial: undefined, policyType: undefined };
  const denied = accessDenied === undefined ? undefined : { ...unsaid, ...accessDenied };
  const asked = 'Something at sts.aliyuncs.com';
  return { asked, httpStatus: 403, code, message, requestId: 'R-1', accessDenied: denied };
}

const ownerDenied: Partial<AccessDenied> = {
  action: 'cr:ListInstanceEndpoint',
  principalType: 'AssumedRoleUser',
  principalName: 'test-rrsa-acr:acr-credential-helper@pod',
  accountId: ownerAccount,
  denial: 'ImplicitDeny',
  policyType: 'ResourceGroupLevelIdentityBasedPolicy',
};
const callerDenied = {
  ...ownerDenied,
  action: 'sts:AssumeRole',
  principalName: 'demo-role-for-rrsa:acr-credential-helper@pod',
  accountId: clusterAccount,
};
const notAuthorized = 'You are not authorized to do this action. You should be authorized by RAM.';

const trustInToken = {
  Effect: 'Allow',
  Action: 'sts:AssumeRole',
  Principal: { Federated: [provider] },
  Condition: { StringEquals: { 'oidc:aud': 'sts.aliyuncs.com', 'oidc:iss': iss, 'oidc:sub': sub } },
};
const trustInRole = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { RAM: [clusterRole] } };
const rightToAssume = {
  Effect: 'Allow',
  Action: 'sts:AssumeRole',
  Resource: `acs:ram:*:${ownerAccount}:role/test-rrsa-acr`,
};
const rightToPull = {
  Effect: 'Allow',
  Action: ['cr:GetAuthorizationToken', 'cr:ListInstanceEndpoint', 'cr:PullRepository'],
  Resource: '*',
};

describe('a refusal that tells its cause', () => {
  it.each([
    [
      oidc,
      refusal('AuthenticationFail.OIDCToken.Expired'),
      /has expired \(exp\)\. .*exp 2026-01-01T00:00:00\.000Z/,
    ],
    [oidc, refusal('AuthenticationFail.OIDCToken.Invalid'), /cannot read the token as an OIDC token/],
    [oidc, refusal('AuthenticationFail.OIDCToken.InvalidSignature'), /none of the keys that its issuer/],
    [oidc, refusal('AuthenticationFail.OIDCToken.AudienceNotMatch'), /Add the client id sts\.aliyuncs\.com/],
    [
      oidc,
      refusal('AuthenticationFail.OIDCToken.IssuerNotMatch'),
      /another issuer .*rrsaOIDCProviderRoleARN/,
    ],
    [oidc, refusal('AuthenticationFail.OIDCToken.IssuerConfigurationBroken'), /openid-configuration/],
    [oidc, refusal('AuthenticationFail.OIDCToken.PublicKeyFingerprintMismatch'), /fingerprint anew/],
    [oidc, refusal('AuthenticationFail.OIDCToken.HttpsUrlInvalid'), /public authority/],
    [
      oidc,
      refusal('AuthenticationFail.NoPermission', 'No such OIDC Provider registered.'),
      /no OIDC provider ack-rrsa-c0123456789abcdef0123456789abcdef0 of account 1000000000000001/,
    ],
    [oidc, refusal('EntityNotExist.Role'), /no role demo-role-for-rrsa of account 1000000000000001/],
    [assume, refusal('EntityNotExist.Role'), /no role test-rrsa-acr of account 2000000000000002/],
    [
      oidc,
      refusal('InvalidParameter.DurationSeconds'),
      /Set Max Session Duration of role demo-role-for-rrsa of account 1000000000000001 to at least 43200 seconds, or lower expireDuration/,
    ],
    [
      assume,
      refusal('InvalidParameter', 'The Min/Max value of DurationSeconds is 15min/1hr.'),
      /Set Max Session Duration of role test-rrsa-acr of account 2000000000000002 to at least 43200 seconds/,
    ],
    [assume, refusal('NoPermission', 'Roles may not be assumed by root accounts.'), /key of a RAM user/],
  ])('is explained with certainty: %#', (step, said, mend) => {
    expect(explainRefusal(step, said).kind).toBe('certain');
    expect(explanationText(step, said)).toMatch(mend);
  });

  it('names the role, its account and the statement that it lacks at Container Registry', () => {
    const said = refusal('NoPermission', 'text', ownerDenied);
    expect(certainCause(registry, said)).toEqual({
      what: 'role test-rrsa-acr of account 2000000000000002 lacks cr:ListInstanceEndpoint',
      mend: expect.stringContaining('domains: "…"') as string,
      statement: rightToPull,
    });
  });

  it('names who lacks sts:AssumeRole where RAM says that it is the caller', () => {
    expect(certainCause(assume, refusal('NoPermission', notAuthorized, callerDenied))).toEqual({
      what: 'role demo-role-for-rrsa of account 1000000000000001 lacks sts:AssumeRole on role test-rrsa-acr of account 2000000000000002',
      mend: 'Attach AliyunSTSAssumeRoleAccess to it or, which is narrower, add to a custom policy attached to it',
      statement: rightToAssume,
    });
  });

  it.each([
    [oidc, 'AuthenticationFail.NoPermission', trustInToken],
    [assume, 'NoPermission', trustInRole],
  ])('names the trust policy where RAM says that it is that: %#', (step, code, statement) => {
    const said = refusal(code, notAuthorized, { ...callerDenied, policyType: 'AssumeRolePolicy' });
    expect(certainCause(step, said)).toMatchObject({ statement });
    expect(certainCause(step, said).what).toContain('the trust policy of');
  });

  it.each([
    [oidc, 'AuthenticationFail.NoPermission', { ...callerDenied, policyType: 'AssumeRolePolicy' }],
    [assume, 'NoPermission', { ...callerDenied, policyType: 'AssumeRolePolicy' }],
    [assume, 'NoPermission', callerDenied],
    [assume, 'NoPermission', { ...callerDenied, policyType: undefined }],
    [registry, 'NoPermission', ownerDenied],
  ])('is told to be a Deny where one denies it, and no statement is offered: %#', (step, code, denied) => {
    const cause = certainCause(step, refusal(code, notAuthorized, { ...denied, denial: 'ExplicitDeny' }));
    expect(cause.what).toContain('Deny statement');
    expect(cause).not.toHaveProperty('statement');
  });

  it('sends nobody to the caller’s own policies where another kind of policy is in the way', () => {
    const cause = certainCause(
      registry,
      refusal('NoPermission', '', { ...ownerDenied, policyType: 'ControlPolicy' }),
    );
    expect(cause.what).toContain('a policy of the kind ControlPolicy does not let role test-rrsa-acr');
    expect(cause).not.toHaveProperty('statement');
  });

  it('has what is known of the caller where RAM does not say whom it denied', () => {
    expect(certainCause(registry, refusal('Forbidden.RAM', '', { denial: 'ImplicitDeny' })).what).toBe(
      'role test-rrsa-acr of account 2000000000000002 lacks cr:GetAuthorizationToken',
    );
  });

  it('sends a cluster without RRSA to RRSA, since nobody can reach its issuer', () => {
    const inside = { ...oidc, tokenClaims: { ...oidc.tokenClaims, iss: 'https://kubernetes.default.svc' } };
    const text = explanationText(inside, refusal('AuthenticationFail.OIDCToken.IssuerConfigurationBroken'));
    expect(text).toMatch(/Enable RRSA.*iss https:\/\/kubernetes\.default\.svc,/);
  });

  it('sends whoever projected a token for another audience to the token', () => {
    const other = { ...oidc, tokenClaims: { ...oidc.tokenClaims, aud: ['api'] } };
    const text = explanationText(other, refusal('AuthenticationFail.OIDCToken.AudienceNotMatch'));
    expect(text).toContain('Project a token for sts.aliyuncs.com');
  });
});

describe('a refusal that may have several causes', () => {
  it.each([
    [oidc, refusal('AuthenticationFail.NoPermission', 'There is no permission'), ['trust policy', 'Deny']],
    [
      oidc,
      refusal('AuthenticationFail.NoPermission', 'Denied.'),
      ['trust policy', 'Deny', 'no OIDC provider'],
    ],
    [
      { ...oidc, roleArn: ownerRole },
      refusal('AuthenticationFail.NoPermission', 'There is no permission'),
      ['of another account', 'trust policy', 'Deny'],
    ],
    [assume, refusal('NoPermission', notAuthorized), ['lacks sts:AssumeRole', 'trust policy', 'Deny']],
    [
      assume,
      refusal('NoPermission', notAuthorized, { ...callerDenied, policyType: undefined }),
      ['lacks sts:AssumeRole', 'trust policy', 'Deny'],
    ],
    [registry, refusal('INSTANCE_NOT_EXIST'), ['another region', 'another account', 'id']],
    [registry, refusal('InstanceNotFound'), ['another region', 'another account', 'id']],
    [registry, refusal('NoPermission'), ['lacks cr:', 'Deny', 'another account']],
    [{ ...registry, instanceId: undefined }, refusal('Forbidden.RAM'), ['lacks cr:', 'Deny']],
  ])('has them in order, and no other: %#', (step, said, inOrder) => {
    const explanation = explainRefusal(step, said);
    if (explanation.kind !== 'candidates') throw new Error(`explained as ${explanation.kind}`);
    expect(explanation.causes.map(({ what }) => what)).toEqual(
      inOrder.map((part) => expect.stringContaining(part) as string),
    );
    expect(explanationText(step, said)).toMatch(/the cloud does not tell why\. Likeliest first: \(1\)/);
  });

  it('prints what each of the candidates would need', () => {
    const text = explanationText(assume, refusal('NoPermission', notAuthorized));
    expect(text).toContain(`add to a custom policy attached to it: ${JSON.stringify(rightToAssume)}.`);
    expect(text).toContain(`Add to that trust policy: ${JSON.stringify(trustInRole)}.`);
  });

  it('prints no statement that it would have to guess', () => {
    const nameless = { ...assume, caller: { who: 'the node’s RAM role', arn: undefined } };
    const text = explanationText(nameless, refusal('NoPermission', notAuthorized));
    expect(text).toContain('does not name the node’s RAM role. Name it there');
    const unreadable = { iss: undefined, sub: undefined, aud: [], expiresAtMs: undefined };
    const blind = { ...oidc, tokenClaims: unreadable };
    expect(explanationText(blind, refusal('AuthenticationFail.NoPermission'))).not.toContain('{');
  });
});

const tokenCodes = [
  'Expired',
  'Invalid',
  'InvalidSignature',
  'AudienceNotMatch',
  'IssuerNotMatch',
  'IssuerConfigurationBroken',
  'PublicKeyFingerprintMismatch',
  'HttpsUrlInvalid',
];

describe('every explanation', () => {
  const known = fc.constantFrom(
    ...tokenCodes.map((code) => `AuthenticationFail.OIDCToken.${code}`),
    'AuthenticationFail.NoPermission',
    'NoPermission',
    'Forbidden.RAM',
    'EntityNotExist.Role',
    'InvalidParameter.DurationSeconds',
    'INSTANCE_NOT_EXIST',
    'Throttling.User',
    'InternalError',
  );
  const said = fc.record({
    code: fc.oneof(known, fc.string()),
    message: fc.constantFrom('There is no permission', 'No such OIDC Provider registered.', notAuthorized),
    denied: fc.option(
      fc.record({
        denial: fc.constantFrom('ImplicitDeny', 'ExplicitDeny', undefined),
        policyType: fc.constantFrom('AssumeRolePolicy', ownerDenied.policyType, 'ControlPolicy', undefined),
      }),
      { nil: undefined },
    ),
  });

  it('ends with the cloud’s own words, and leaves room for itself in an Event', () => {
    fc.assert(
      fc.property(fc.constantFrom(...steps), said, (step, { code, message, denied }) => {
        const text = explanationText(step, refusal(code, message, denied && { ...callerDenied, ...denied }));
        if (text === undefined) return;
        expect(text.endsWith(`Something at sts.aliyuncs.com: ${code}, ${message}, request id R-1`)).toBe(
          true,
        );
        const explanation = text.slice(0, text.lastIndexOf('Something at'));
        expect(explanation.length).toBeLessThan(longestEventText);
        expect(explanation.split('. ')[0]?.length).toBeLessThan(220);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each(['Throttling.User', 'InternalError', 'SignatureDoesNotMatch', 'SomethingNew', 'HTTP 404'])(
    'claims nothing about a code that it does not know: %s',
    (code) => {
      for (const step of steps) expect(explanationText(step, refusal(code))).toBeUndefined();
    },
  );

  it.each([...tokenCodes.map((code) => `OIDCToken.${code}`), 'NoPermission'])(
    'tells what the token says of itself wherever a token was shown: %s',
    (code) => {
      const text = explanationText(oidc, refusal(`AuthenticationFail.${code}`));
      for (const claim of [iss, sub, 'sts.aliyuncs.com', '2026-01-01T00:00:00.000Z']) {
        expect(text).toContain(claim);
      }
    },
  );
});

function explanationText(step: RefusedStep, said: CloudRefusal): string | undefined {
  return tellRefusal(step, said)?.text;
}

function certainCause(step: RefusedStep, said: CloudRefusal) {
  const explanation = explainRefusal(step, said);
  if (explanation.kind !== 'certain') throw new Error(`explained as ${explanation.kind}`);
  return explanation.cause;
}
