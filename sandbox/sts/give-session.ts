import type { AccessKeys } from '../credentials/access-keys.ts';
import { roleArn } from '../credentials/caller.ts';
import { Refusal } from '../gateway/refusal.ts';
import { isoSeconds } from '../iso-seconds.ts';
import type { Lifetimes } from '../lifetimes.ts';
import type { Role } from '../world/account.ts';
import type { AskedSession } from './asked-session.ts';
import { principalId } from './principal-id.ts';

export interface SessionSource {
  readonly accessKeys: AccessKeys;
  readonly lifetimes: Lifetimes;
}

export interface GivenSession {
  readonly Credentials: {
    readonly AccessKeyId: string;
    readonly AccessKeySecret: string;
    readonly SecurityToken: string;
    readonly Expiration: string;
  };
  readonly AssumedRoleUser: { readonly Arn: string; readonly AssumedRoleId: string };
}

/**
 * Begins a session of a role that the caller was found to be allowed to assume. Throws Refusal where it would last
 * longer than the role's sessions may.
 */
export function giveSession(
  { accessKeys, lifetimes }: SessionSource,
  role: Role,
  asked: AskedSession,
  nowMs: number,
): GivenSession {
  if (asked.durationSeconds > role.maxSessionDurationSeconds) throw tooLong(role);
  const { account } = asked.role;
  const { accessKeyId, accessKeySecret, securityToken, expiresAtMs } = accessKeys.issueSession({
    kind: 'role-session',
    account,
    roleName: role.name,
    sessionName: asked.name,
    expiresAtMs: lifetimes.sessionEndMs(nowMs, asked.durationSeconds),
    sessionPolicy: asked.policy,
  });
  const arn = roleArn(account, role.name);
  return {
    Credentials: {
      AccessKeyId: accessKeyId,
      AccessKeySecret: accessKeySecret,
      SecurityToken: securityToken,
      Expiration: isoSeconds(expiresAtMs),
    },
    AssumedRoleUser: {
      Arn: `${arn}/${asked.name}`,
      AssumedRoleId: `${principalId(arn)}:${asked.name}`,
    },
  };
}

/** The text is documented for one hour; for other maxima it is put together alike. */
function tooLong({ maxSessionDurationSeconds }: Role): Refusal {
  const hours = Number((maxSessionDurationSeconds / 3600).toFixed(2));
  return new Refusal(
    'InvalidParameter.DurationSeconds',
    `The Min/Max value of DurationSeconds is 15min/${hours}hr.`,
  );
}
