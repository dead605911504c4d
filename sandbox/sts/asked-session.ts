import { missingParameter, Refusal } from '../gateway/refusal.ts';
import { permissionPolicySchema, type PermissionPolicy } from '../world/policy-document.ts';
import { namedRole, type NamedRole } from './role-arn.ts';

/** What a call wants a session to be, its form checked. */
export interface AskedSession {
  readonly role: NamedRole;
  readonly name: string;
  readonly durationSeconds: number;
  readonly policy: PermissionPolicy | undefined;
}

export type Parameters = ReadonlyMap<string, string>;

const usualSeconds = 3600;
const fewestSeconds = 900;
const longestPolicy = 2048;

/** Throws Refusal. Source of the forms and limits: STS documentation, "AssumeRole" and "AssumeRoleWithOIDC". */
export function askedSession(parameters: Parameters): AskedSession {
  const role = namedRole(requiredParameter(parameters, 'RoleArn'));
  const name = requiredParameter(parameters, 'RoleSessionName');
  if (!/^[\w.@-]{2,64}$/.test(name)) throw new Refusal('InvalidParameter.RoleSessionName');
  return {
    role,
    name,
    durationSeconds: durationOf(parameters.get('DurationSeconds')),
    policy: policyOf(parameters.get('Policy')),
  };
}

/** The code of what is missing is unverified for STS. */
export function requiredParameter(parameters: Parameters, name: string): string {
  const value = parameters.get(name);
  if (value === undefined || value === '') throw missingParameter(name);
  return value;
}

function durationOf(text: string | undefined): number {
  if (text === undefined) return usualSeconds;
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (seconds < fewestSeconds) throw new Refusal('InvalidParameter.DurationSeconds');
  return seconds;
}

function policyOf(text: string | undefined): PermissionPolicy | undefined {
  if (text === undefined) return undefined;
  if (text.length > longestPolicy) throw new Refusal('InvalidParameter.PolicySize');
  const read = permissionPolicySchema.safeParse(parsedJson(text));
  if (!read.success) throw new Refusal('InvalidParameter.PolicyGrammar');
  return read.data;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
