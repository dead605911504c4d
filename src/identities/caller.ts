import type { Credentials } from '../alibaba/credentials.ts';
import type { CallerIdentity, SecurityTokenService } from '../alibaba/security-token-service.ts';
import { nameOf } from '../refusals/named-principal.ts';
import type { Caller } from '../refusals/refused-step.ts';
import type { IdentityChoice } from '../settings/settings.ts';
import type { PodRole } from './pod-variables.ts';

/** Who asks with this identity, as far as the configuration and the Pod's variables tell. */
export function callerOf(choice: IdentityChoice, podRole: PodRole): Caller {
  switch (choice.kind) {
    case 'node-role':
      return { who: 'the node’s RAM role', arn: undefined };
    case 'inline-access-key':
      return { who: 'the owner of the entry’s access key', arn: undefined };
    case 'access-key-secret':
      return { who: `the owner of the access key in Secret ${choice.secretName}`, arn: undefined };
    case 'rrsa': {
      const role = choice.role ?? (podRole.kind === 'known' ? podRole.role : undefined);
      return role === undefined ? { who: 'the Pod’s role', arn: undefined } : named(role.roleArn);
    }
    case 'assumed-role':
      return named(choice.roleArn);
  }
}

/**
 * The same with a name, which the cloud is asked for where there was none yet. It is not missed where the cloud does
 * not tell.
 */
export async function identifiedCaller(
  caller: Caller,
  credentials: Credentials,
  service: SecurityTokenService,
  signal: AbortSignal,
): Promise<Caller> {
  if (caller.arn !== undefined) return caller;
  const identity = await service.callerIdentity(credentials, signal).catch(() => undefined);
  signal.throwIfAborted();
  return identity === undefined ? caller : named(principalOf(identity));
}

/** Trust policies name the role of a session: `acs:ram::…:assumed-role/<role>/<session>` is none of theirs. */
function principalOf({ arn }: CallerIdentity): string {
  return arn.replace(/:assumed-role\/([^/]+)\/.*$/, ':role/$1');
}

function named(arn: string): Caller {
  return { who: nameOf(arn), arn };
}
