import type { CloudRefusal } from '../failures/cloud-refusal.ts';
import { certainly, type Explanation } from './explanation.ts';
import { nameOf } from './named-principal.ts';

interface AskedSession {
  readonly roleArn: string;
  readonly sessionSeconds: number;
}

/** What both ways into a role can run into; undefined where it is something else. */
export function explainRoleRefusal(
  { roleArn, sessionSeconds }: AskedSession,
  { code, message }: CloudRefusal,
): Explanation | undefined {
  const role = nameOf(roleArn);
  if (code.startsWith('EntityNotExist.Role')) {
    return certainly({
      what: `there is no ${role}`,
      mend: 'Create it, or correct its ARN in the configuration',
    });
  }
  // Settings allow no session that is too short, so it can only be too long.
  if (code.startsWith('InvalidParameter') && `${code} ${message}`.includes('DurationSeconds')) {
    return certainly({
      what: `a session of ${sessionSeconds} seconds is longer than ${role} allows`,
      mend: `Set Max Session Duration of ${role} to at least ${sessionSeconds} seconds, or lower expireDuration`,
    });
  }
  return undefined;
}
