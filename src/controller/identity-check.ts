import { describeFailure } from '../failures/failure.ts';
import type { FailureCode } from '../failures/catalogue.ts';
import { mintLogin, type Mint } from '../logins/mint-login.ts';
import { forEachAtMost } from '../runtime/at-most.ts';
import { ownIdentityOf, type IdentityChoice, type Instance } from '../settings/settings.ts';

/** What came of asking for a login as the add-on would. It holds names only. */
export type IdentityFinding = {
  /** The instance's key. */
  readonly instance: string;
  /** Who asks, in words. */
  readonly identity: string;
  /** Whether that is, or begins with, the RAM role of the machine that this was asked from. */
  readonly isOfThisMachine: boolean;
} & (
  | { readonly kind: 'works'; readonly lifeMs: number; readonly hosts: readonly string[] }
  | { readonly kind: 'fails'; readonly code: string; readonly why: string }
  /** This identity exists only where the add-on runs. */
  | { readonly kind: 'unchecked'; readonly code: string; readonly why: string }
);

const atOnce = 4;

/** What says nothing about the identity when it is asked for anywhere else than in the add-on's Pod. */
const onlyInPod: ReadonlySet<string> = new Set([
  'METADATA_UNREACHABLE',
  'METADATA_NO_ROLE',
  'RRSA_ROLE_UNKNOWN',
] satisfies FailureCode[]);

/**
 * Mints a login for each instance, the only proof that every step to it works, and throws it away. In the order of
 * the instances; rejects only with the signal's reason.
 */
export async function checkIdentities(
  mint: Mint,
  instances: readonly Instance[],
  signal: AbortSignal,
): Promise<readonly IdentityFinding[]> {
  const findings = new Map<Instance, IdentityFinding>();
  await forEachAtMost(atOnce, instances, async (instance) => {
    findings.set(instance, await checkIdentity(mint, instance, signal));
  });
  return instances.flatMap((instance) => findings.get(instance) ?? []);
}

async function checkIdentity(mint: Mint, instance: Instance, signal: AbortSignal): Promise<IdentityFinding> {
  const { key, identity } = instance;
  const isOfThisMachine = ownIdentityOf(identity).kind === 'node-role';
  const about = { instance: key, identity: describeIdentity(identity), isOfThisMachine };
  try {
    const { expiresAtMs, mintedAtMs, domains } = await mintLogin(mint, instance, signal);
    return { ...about, kind: 'works', lifeMs: expiresAtMs - mintedAtMs, hosts: domains };
  } catch (thrown) {
    signal.throwIfAborted();
    const { code, message: why } = describeFailure(thrown);
    return { ...about, kind: onlyInPod.has(code) ? 'unchecked' : 'fails', code, why };
  }
}

function describeIdentity(choice: IdentityChoice): string {
  switch (choice.kind) {
    case 'node-role':
      return 'the node’s RAM role';
    case 'inline-access-key':
      return 'the access key in the entry';
    case 'access-key-secret':
      return `the access key in the Secret ${choice.secretName}`;
    case 'rrsa':
      return choice.role === undefined
        ? 'RRSA with the role of the Pod’s variables'
        : `RRSA with ${choice.role.roleArn}`;
    case 'assumed-role':
      return `${choice.roleArn}, assumed by ${describeIdentity(choice.from)}`;
  }
}
