import type { AccessDenied } from '../failures/cloud-refusal.ts';
import type { Caller } from './refused-step.ts';

const arnShape = /^acs:ram::(?<account>\d+):(?<kind>role|user|oidc-provider)\/(?<name>.+)$/;
const nouns: Readonly<Record<string, string>> = {
  role: 'role',
  user: 'user',
  'oidc-provider': 'OIDC provider',
};

/** `role puller of account 2000000000000002`; the ARN itself where it has another form. */
export function nameOf(arn: string): string {
  const { account, kind = '', name } = arnShape.exec(arn)?.groups ?? {};
  return account === undefined ? arn : `${nouns[kind]} ${name} of account ${account}`;
}

/** The account that an ARN is of; undefined where it has another form. */
export function accountOf(arn: string): string | undefined {
  return arnShape.exec(arn)?.groups?.['account'];
}

/** Whom the cloud denied it: its own word goes before what we know of the caller. */
export function deniedPrincipal(denied: AccessDenied, caller: Caller): string {
  const { accountId, principalName, principalType } = denied;
  if (accountId === undefined || principalName === undefined) return caller.who;
  const [roleName = principalName] = principalName.split(':');
  if (principalType === 'AssumedRoleUser') return `role ${roleName} of account ${accountId}`;
  const noun = principalType === 'SubUser' ? 'user ' : '';
  return `${noun}${principalName} of account ${accountId}`;
}
