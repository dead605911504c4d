import { readAccessKey } from './access-key-rule.ts';
import { readOidcProviderArn, readRoleArn } from './arn.ts';
import { refusedAt, textOf, type FieldRefusal, type FieldValues } from './entry-fields.ts';
import { accepted, type Accepted, type Ruling } from './ruling.ts';
import { instanceFields, type InstanceField } from './schema.ts';
import type { IdentityChoice, OwnIdentity, RrsaRole } from './settings.ts';

/** What an entry's identity depends on beside its own fields. */
export interface IdentityContext {
  readonly isRrsaOn: boolean;
  /** Not where that cannot be told: an entry with a broken `instanceId` is refused anyway. */
  readonly isPersonal: boolean;
  /** `expireDuration`, for the last session of the chain. */
  readonly session: Ruling<number>;
}

type Found<T> = Accepted<T> | FieldRefusal;

const rrsaFields = ['rrsaRoleARN', 'rrsaOIDCProviderRoleARN'] as const;
const roleFields = [...rrsaFields, 'assumeRoleARN'] as const;
/** Every session but the last of a chain serves for one call only. */
const passingSessionSeconds = Number(instanceFields.expireDuration.byDefault);

/**
 * Who asks for an entry's logins. An access key of its own comes before RRSA, and RRSA before the node's role; whoever
 * it is assumes the owner's role where there is one. Two identities, or half of one, are refused.
 */
export function chooseIdentity(values: FieldValues, context: IdentityContext): Found<IdentityChoice> {
  const accessKey = readAccessKey(values);
  if (accessKey.kind === 'refused') return accessKey;
  const named = roleFields.find((field) => textOf(values, field) !== '');
  if (context.isPersonal) {
    return named === undefined ? accepted(accessKey.value ?? nodeRole) : personalHasNone(named);
  }
  const own = accessKey.value === undefined ? rrsaOrNode(values, context) : onlyKey(accessKey.value, values);
  return own.kind === 'refused' ? own : withOwnersRole(own.value, values, context);
}

const nodeRole: OwnIdentity = { kind: 'node-role' };

function withOwnersRole(
  own: OwnIdentity,
  values: FieldValues,
  context: IdentityContext,
): Found<IdentityChoice> {
  const written = textOf(values, 'assumeRoleARN');
  if (written === '') return accepted(own);
  const arn = at('assumeRoleARN', readRoleArn('assumeRoleARN', written));
  if (arn.kind === 'refused') return arn;
  const from = own.kind === 'rrsa' ? { ...own, sessionSeconds: passingSessionSeconds } : own;
  return accepted({
    kind: 'assumed-role',
    roleArn: arn.value,
    sessionSeconds: lastSessionSeconds(context),
    from,
  });
}

function onlyKey(accessKey: OwnIdentity, values: FieldValues): Found<OwnIdentity> {
  const rrsa = rrsaFields.find((field) => textOf(values, field) !== '');
  if (rrsa === undefined) return accepted(accessKey);
  const fix = 'keep one of the two: remove the access key, or remove rrsaRoleARN and rrsaOIDCProviderRoleARN';
  return refusedAt(rrsa, `${rrsa} beside an access key`, fix);
}

function rrsaOrNode(values: FieldValues, context: IdentityContext): Found<OwnIdentity> {
  if (!context.isRrsaOn) {
    const stray = rrsaFields.find((field) => textOf(values, field) !== '');
    return stray === undefined ? accepted(nodeRole) : refusedAt(stray, `${stray} while rrsa is off`, turnOn);
  }
  const role = readRrsaRole(values);
  if (role.kind === 'refused') return role;
  return accepted({ kind: 'rrsa', role: role.value, sessionSeconds: lastSessionSeconds(context) });
}

/** An entry whose duration is refused is so as a whole. */
function lastSessionSeconds({ session }: IdentityContext): number {
  return session.kind === 'accepted' ? session.value : passingSessionSeconds;
}

const turnOn =
  'turn rrsa on (rrsa: "enable: true", or enableRRSA: true), or remove rrsaRoleARN and rrsaOIDCProviderRoleARN, so that ' +
  'the node’s role asks';

/** Undefined where the entry leaves it to the Pod's variables. */
function readRrsaRole(values: FieldValues): Found<RrsaRole | undefined> {
  const [roleText, providerText] = rrsaFields.map((field) => textOf(values, field));
  if (!roleText && !providerText) return accepted(undefined);
  if (!providerText) return half('rrsaRoleARN', 'rrsaOIDCProviderRoleARN');
  if (!roleText) return half('rrsaOIDCProviderRoleARN', 'rrsaRoleARN');
  const role = at('rrsaRoleARN', readRoleArn('rrsaRoleARN', roleText));
  const provider = at(
    'rrsaOIDCProviderRoleARN',
    readOidcProviderArn('rrsaOIDCProviderRoleARN', providerText),
  );
  if (role.kind === 'refused') return role;
  if (provider.kind === 'refused') return provider;
  return accepted({ roleArn: role.value, oidcProviderArn: provider.value });
}

function half(field: InstanceField, missing: InstanceField): FieldRefusal {
  const fix = `write ${missing} too, or remove ${field} to leave both to the Pod’s variables`;
  return refusedAt(field, `${field} without ${missing}`, fix);
}

function personalHasNone(field: InstanceField): FieldRefusal {
  const fix =
    `remove the role (${field}): Alibaba Cloud gives no logins of Personal Edition by RRSA or to other accounts, only to the ` +
    'node’s role or an access key; for images of another account use an Enterprise instance (cri-…)';
  return refusedAt(field, `${field} in an entry of Personal Edition`, fix);
}

function at<T>(field: InstanceField, ruling: Ruling<T>): Found<T> {
  return ruling.kind === 'refused' ? { ...ruling, field } : ruling;
}
