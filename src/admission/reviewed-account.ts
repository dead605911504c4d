import { z } from 'zod';
import { admissionPatch, isAttached, type PullSecretReference } from '../pull-secrets/attachment.ts';
import { isOptedOut } from '../pull-secrets/opt-out.ts';
import { isServiceAccountInScope } from '../pull-secrets/scope.ts';
import type { PatchStep } from '../runtime/json-patch.ts';
import type { Scope } from '../settings/settings.ts';
import { annotations, pullSecretList } from './reviewed-fields.ts';

const rawAccount = z.object({
  kind: z.literal('ServiceAccount'),
  metadata: z.object({
    // Missing while the API server is still to generate it.
    name: z.string().optional(),
    annotations,
  }),
  imagePullSecrets: pullSecretList,
});

/** A service account that is about to be created or changed. */
export interface ReviewedAccount {
  readonly kind: 'account';
  readonly name: string;
  readonly isOptedOut: boolean;
  readonly hasAnnotations: boolean;
  readonly imagePullSecrets: readonly PullSecretReference[] | undefined;
}

/** Undefined for something else, and for an account that has no name yet. */
export function reviewedAccount(object: unknown): ReviewedAccount | undefined {
  const reading = rawAccount.safeParse(object);
  const name = reading.data?.metadata.name;
  if (reading.data === undefined || name === undefined || name === '') return undefined;
  const { metadata, imagePullSecrets } = reading.data;
  const given = metadata.annotations ?? undefined;
  return {
    kind: 'account',
    name,
    isOptedOut: isOptedOut(given),
    hasAnnotations: given !== undefined,
    imagePullSecrets: imagePullSecrets ?? undefined,
  };
}

/** For an account of a namespace that is in scope. */
export function accountPatch(
  account: ReviewedAccount,
  scope: Scope,
  secretName: string,
): readonly PatchStep[] {
  if (!isServiceAccountInScope(scope, account) || isAttached(account, secretName)) return [];
  return admissionPatch(account, account.hasAnnotations, secretName);
}
