import { trustPolicy, type CloudRefusal } from '../failures/cloud-refusal.ts';
import { explainRoleRefusal } from './explain-role-refusal.ts';
import { certainly, unknown, type Cause, type Explanation } from './explanation.ts';
import { accountOf, nameOf } from './named-principal.ts';
import { trustInToken } from './policy-statement.ts';
import type { AssumeRoleWithOidcStep } from './refused-step.ts';

const tokenCodes = 'AuthenticationFail.OIDCToken.';
/** What Alibaba Cloud asks a token to be for. */
const usualAudience = 'sts.aliyuncs.com';

/** Source: Security Token Service 2015-04-01, "Error codes"; RRSA, "Errors of SDKs". */
export function explainOidcRefusal(step: AssumeRoleWithOidcStep, refusal: CloudRefusal): Explanation {
  const { code } = refusal;
  const aboutRole = explainRoleRefusal(step, refusal);
  if (aboutRole !== undefined) return aboutRole;
  if (code === 'AuthenticationFail.NoPermission') return explainNoPermission(step, refusal);
  const explain = code.startsWith(tokenCodes) ? tokenCauses.get(code.slice(tokenCodes.length)) : undefined;
  return explain === undefined ? unknown : certainly(explain(step));
}

const tokenCauses: ReadonlyMap<string, (step: AssumeRoleWithOidcStep) => Cause> = new Map([
  ['Expired', expired],
  ['Invalid', unreadable],
  ['InvalidSignature', unknownKey],
  ['AudienceNotMatch', otherAudience],
  ['IssuerNotMatch', otherIssuer],
  ['IssuerConfigurationBroken', unreachableIssuer],
  ['PublicKeyFingerprintMismatch', otherCertificate],
  ['HttpsUrlInvalid', distrustedCertificate],
]);

function expired(): Cause {
  return {
    what: 'the OIDC token has expired (exp)',
    mend: 'See that the kubelet renews the file, if it is from one (ALIBABA_CLOUD_OIDC_TOKEN_FILE), else that the API server’s clock is right',
  };
}

function unreadable(): Cause {
  return {
    what: 'the cloud cannot read the token as an OIDC token',
    mend: 'See what is in the file it is from (ALIBABA_CLOUD_OIDC_TOKEN_FILE)',
  };
}

function unknownKey(): Cause {
  return {
    what: 'the token is signed with none of the keys that its issuer (iss) publishes',
    mend: 'Publish there the keys that the API server signs with now',
  };
}

function otherAudience({ oidcProviderArn, tokenClaims: { aud } }: AssumeRoleWithOidcStep): Cause {
  const what = `${nameOf(oidcProviderArn)} has no client id ${aud.join(' or ')}, which the token is for (aud)`;
  const isUsual = aud.length === 0 || aud.includes(usualAudience);
  return {
    what: aud.length === 0 ? `${nameOf(oidcProviderArn)} has no client id that the token is for (aud)` : what,
    mend: isUsual ? `Add the client id ${usualAudience} there` : `Project a token for ${usualAudience}`,
  };
}

function otherIssuer({ oidcProviderArn }: AssumeRoleWithOidcStep): Cause {
  return {
    what: `${nameOf(oidcProviderArn)} is for another issuer than the token’s (iss)`,
    mend: 'Enable RRSA for this cluster, or name the provider of its issuer (rrsaOIDCProviderRoleARN)',
  };
}

function unreachableIssuer({ tokenClaims: { iss = '' } }: AssumeRoleWithOidcStep): Cause {
  const isOfTheInside = /^https:\/\/[^/]*\.svc([.:/]|$)/.test(iss);
  return {
    what: 'the cloud could not get the keys of the token’s issuer (iss)',
    mend: isOfTheInside
      ? 'Enable RRSA for this cluster, which gives it an issuer that the cloud can reach'
      : 'Let the cloud read, without a login, its /.well-known/openid-configuration and the keys (jwks_uri) that this names',
  };
}

function otherCertificate({ oidcProviderArn }: AssumeRoleWithOidcStep): Cause {
  return {
    what: `${nameOf(oidcProviderArn)} has no fingerprint of the certificate of the token’s issuer (iss)`,
    mend: 'Get the fingerprint anew there',
  };
}

function distrustedCertificate(): Cause {
  return {
    what: 'the cloud does not trust the certificate of the token’s issuer (iss)',
    mend: 'Give it one of a public authority, with the whole chain',
  };
}

/** One code for two things, told apart by the text: no such provider, and no trust. */
function explainNoPermission(step: AssumeRoleWithOidcStep, refusal: CloudRefusal): Explanation {
  const { accessDenied, message } = refusal;
  if (accessDenied?.policyType === trustPolicy) {
    return certainly(accessDenied.denial === 'ExplicitDeny' ? denyOf(step) : distrust(step));
  }
  if (/provider/i.test(message)) return certainly(noProvider(step));
  const foreign = isOfTwoAccounts(step) ? [foreignProvider(step)] : [];
  const trust = [...foreign, distrust(step), denyThere];
  return {
    kind: 'candidates',
    outcome: 'the token opened no session of the role',
    causes: /no permission/i.test(message) ? trust : [...trust, noProvider(step)],
  };
}

function noProvider({ oidcProviderArn }: AssumeRoleWithOidcStep): Cause {
  return {
    what: `there is no ${nameOf(oidcProviderArn)}`,
    mend: 'Enable RRSA for this cluster, or correct its ARN (rrsaOIDCProviderRoleARN)',
  };
}

function distrust({ roleArn, oidcProviderArn, tokenClaims }: AssumeRoleWithOidcStep): Cause {
  return {
    what: `the trust policy of ${nameOf(roleArn)} does not let in this provider, issuer, audience and subject`,
    mend: 'Mend its statement, or add',
    statement: trustInToken(oidcProviderArn, tokenClaims),
  };
}

function isOfTwoAccounts({ roleArn, oidcProviderArn }: AssumeRoleWithOidcStep): boolean {
  return accountOf(roleArn) !== accountOf(oidcProviderArn);
}

/** No page has a role trust a provider of another account. */
function foreignProvider({ roleArn, oidcProviderArn }: AssumeRoleWithOidcStep): Cause {
  return {
    what: `${nameOf(roleArn)} is of another account than ${nameOf(oidcProviderArn)}`,
    mend: 'Name a role of the cluster’s account (rrsaRoleARN), and that of the other one as assumeRoleARN',
  };
}

function denyOf({ roleArn }: AssumeRoleWithOidcStep): Cause {
  return {
    what: `a Deny statement in the trust policy of ${nameOf(roleArn)} keeps it out`,
    mend: 'Remove or narrow that statement: no other one can outweigh it',
  };
}

const denyThere: Cause = {
  what: 'a Deny statement in it keeps the token out',
  mend: 'Remove or narrow it',
};
