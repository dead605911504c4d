import { describe, expect, it } from 'vitest';
import { knownPodRole, readPodVariables } from './pod-variables.ts';

const roleArn = 'acs:ram::1000000000000001:role/cluster';
const oidcProviderArn = 'acs:ram::1000000000000001:oidc-provider/ack-rrsa-c1';
const [role, provider] = ['ALIBABA_CLOUD_ROLE_ARN', 'ALIBABA_CLOUD_OIDC_PROVIDER_ARN'];

describe('the variables of the Pod', () => {
  it('name a role and its provider as a pair', () => {
    const { role: podRole } = readPodVariables({ [role]: ` ${roleArn}\n`, [provider]: oidcProviderArn });
    expect(knownPodRole(podRole)).toEqual({ roleArn, oidcProviderArn });
  });

  it.each<[string, Record<string, string>, string]>([
    ['neither', {}, 'they name none'],
    ['blanks', { [role]: ' ', [provider]: '' }, 'they name none'],
    ['the role alone', { [role]: roleArn }, `${role} stands there without ${provider}`],
    ['the provider alone', { [provider]: oidcProviderArn }, `${provider} stands there without ${role}`],
    [
      'each in the other’s place',
      { [role]: oidcProviderArn, [provider]: roleArn },
      'the ARN of an OIDC provider',
    ],
    [
      'no ARN as the provider',
      { [role]: roleArn, [provider]: 'x' },
      `${provider} with something that is no ARN`,
    ],
  ])('name no role where there is %s, and the failure names what to set', (_, environment, why) => {
    const { role: podRole } = readPodVariables(environment);
    const ask = () => knownPodRole(podRole);
    expect(ask).toThrow(expect.objectContaining({ code: 'RRSA_ROLE_UNKNOWN' }) as Error);
    expect(ask).toThrow(why);
    expect(ask).toThrow('write rrsaRoleARN and rrsaOIDCProviderRoleARN into the entry');
  });

  it('may name a projected token', () => {
    expect(readPodVariables({ ALIBABA_CLOUD_OIDC_TOKEN_FILE: '/var/run/token' }).tokenFile).toBe(
      '/var/run/token',
    );
    expect(readPodVariables({ ALIBABA_CLOUD_OIDC_TOKEN_FILE: '' }).tokenFile).toBeUndefined();
  });
});
