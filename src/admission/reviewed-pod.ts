import { z } from 'zod';
import { isAttached, podAdmissionPatch, type PullSecretReference } from '../pull-secrets/attachment.ts';
import { isOptedOut } from '../pull-secrets/opt-out.ts';
import { isServiceAccountInScope, type ScopedObject } from '../pull-secrets/scope.ts';
import { isMirror } from '../pull-secrets/waiting-pod.ts';
import type { PatchStep } from '../runtime/json-patch.ts';
import type { Scope } from '../settings/settings.ts';
import { annotations, pullSecretList } from './reviewed-fields.ts';

const rawPod = z.object({
  kind: z.literal('Pod'),
  metadata: z.object({ annotations }),
  spec: z.object({ serviceAccountName: z.string().optional(), imagePullSecrets: pullSecretList }),
});

/** A Pod that is about to be created. */
export interface ReviewedPod {
  readonly kind: 'pod';
  /** The service account that it runs with. */
  readonly account: string;
  readonly isOptedOut: boolean;
  readonly isMirror: boolean;
  /**
   * Not empty: its own. An empty list was filled from the service account before webhooks are asked.
   * Source: Kubernetes, "Managing Service Accounts", ServiceAccount admission controller.
   */
  readonly imagePullSecrets: readonly PullSecretReference[];
}

/** Undefined for something else, and for a Pod without a service account, which only a mirror is. */
export function reviewedPod(object: unknown): ReviewedPod | undefined {
  const reading = rawPod.safeParse(object);
  const account = reading.data?.spec.serviceAccountName;
  if (reading.data === undefined || account === undefined || account === '') return undefined;
  const { metadata, spec } = reading.data;
  const given = metadata.annotations ?? undefined;
  return {
    kind: 'pod',
    account,
    isOptedOut: isOptedOut(given),
    isMirror: isMirror(given),
    imagePullSecrets: spec.imagePullSecrets ?? [],
  };
}

/** For a Pod of a namespace that is in scope; `account` is undefined where only its name is known. */
export function podPatch(
  pod: ReviewedPod,
  account: ScopedObject | undefined,
  scope: Scope,
  secretName: string,
): readonly PatchStep[] {
  const hasOwnList = pod.imagePullSecrets.length > 0 && !isAttached(pod, secretName);
  if (!hasOwnList || pod.isMirror || pod.isOptedOut) return [];
  const scoped = account ?? { name: pod.account, isOptedOut: false };
  return isServiceAccountInScope(scope, scoped) ? podAdmissionPatch(secretName) : [];
}
