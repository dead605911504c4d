import { Failure } from '../failures/failure.ts';
import { readOidcProviderArn, readRoleArn } from '../settings/arn.ts';
import type { RrsaRole } from '../settings/settings.ts';

const roleVariable = 'ALIBABA_CLOUD_ROLE_ARN';
const providerVariable = 'ALIBABA_CLOUD_OIDC_PROVIDER_ARN';
const tokenFileVariable = 'ALIBABA_CLOUD_OIDC_TOKEN_FILE';

/** The role that the Pod's variables name, or why they name none. */
export type PodRole =
  | { readonly kind: 'known'; readonly role: RrsaRole }
  | { readonly kind: 'unknown'; readonly why: string };

export interface PodVariables {
  readonly role: PodRole;
  /** Where an OIDC token is projected to. */
  readonly tokenFile: string | undefined;
}

/**
 * The variables that RRSA's webhook sets in a Pod. Role and provider are used as a pair or not at all: half of them,
 * completed from elsewhere, would be an identity that nobody chose.
 */
export function readPodVariables(environment: Readonly<Record<string, string | undefined>>): PodVariables {
  const text = (name: string) => environment[name]?.trim() ?? '';
  return {
    role: readPair(text(roleVariable), text(providerVariable)),
    tokenFile: text(tokenFileVariable) || undefined,
  };
}

/** Throws RRSA_ROLE_UNKNOWN, naming what to set. */
export function knownPodRole(podRole: PodRole): RrsaRole {
  if (podRole.kind === 'known') return podRole.role;
  throw new Failure(
    'RRSA_ROLE_UNKNOWN',
    `the entry leaves its RRSA role to the Pod’s variables, and ${podRole.why}; write rrsaRoleARN and ` +
      `rrsaOIDCProviderRoleARN into the entry, or give the Pod both ${roleVariable} and ${providerVariable}`,
  );
}

function readPair(roleText: string, providerText: string): PodRole {
  if (roleText === '' && providerText === '') return unknown('they name none');
  if (providerText === '') return unknown(`${roleVariable} stands there without ${providerVariable}`);
  if (roleText === '') return unknown(`${providerVariable} stands there without ${roleVariable}`);
  const role = readRoleArn(roleVariable, roleText);
  const provider = readOidcProviderArn(providerVariable, providerText);
  if (role.kind === 'refused') return unknown(`there is ${role.found}`);
  if (provider.kind === 'refused') return unknown(`there is ${provider.found}`);
  return { kind: 'known', role: { roleArn: role.value, oidcProviderArn: provider.value } };
}

function unknown(why: string): PodRole {
  return { kind: 'unknown', why };
}
