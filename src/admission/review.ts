import { z } from 'zod';
import { isNamespaceInScope, type ScopedNamespace, type ScopedObject } from '../pull-secrets/scope.ts';
import type { PatchStep } from '../runtime/json-patch.ts';
import { parseJsonText } from '../runtime/json-text.ts';
import type { Scope } from '../settings/settings.ts';
import { accountPatch, reviewedAccount, type ReviewedAccount } from './reviewed-account.ts';
import { podPatch, reviewedPod, type ReviewedPod } from './reviewed-pod.ts';

const apiVersion = 'admission.k8s.io/v1';
const kind = 'AdmissionReview';

/** Source: Kubernetes' "Dynamic Admission Control", webhook request; what is not used is left out. */
const review = z.object({
  apiVersion: z.literal(apiVersion),
  kind: z.literal(kind),
  request: z.object({
    uid: z.string().min(1),
    operation: z.string(),
    namespace: z.string().default(''),
    // Null for a DELETE.
    object: z.unknown(),
  }),
});

/** A request that is being admitted. */
export interface Review {
  /** Of the request; the answer repeats it. */
  readonly uid: string;
  readonly namespace: string;
  /** Undefined where the request is about nothing that is attached, or about an account that has no name yet. */
  readonly subject: ReviewedAccount | ReviewedPod | undefined;
}

/** What is known of what a review is about; undefined: that there is no such thing, or not yet. */
export interface Surroundings {
  readonly namespace: ScopedNamespace | undefined;
  /** That a Pod runs with. */
  readonly account: ScopedObject | undefined;
}

export interface AdmissionRules {
  readonly scope: Scope;
  readonly secretName: string;
}

/** Undefined where the text is no AdmissionReview of v1. */
export function readReview(text: string): Review | undefined {
  const reading = review.safeParse(parseJsonText(text));
  if (!reading.success) return undefined;
  const { uid, namespace, operation, object } = reading.data.request;
  return { uid, namespace, subject: subjectOf(operation, object) };
}

function subjectOf(operation: string, object: unknown): Review['subject'] {
  switch (operation) {
    case 'CREATE':
      return reviewedAccount(object) ?? reviewedPod(object);
    case 'UPDATE':
      // Of a Pod that is there nobody may change the list.
      return reviewedAccount(object);
    default:
      return undefined;
  }
}

/** What attaches it, by the controller's own rules; empty where it is as it should be. */
export function reviewPatch(
  { subject }: Review,
  { namespace, account }: Surroundings,
  { scope, secretName }: AdmissionRules,
): readonly PatchStep[] {
  if (subject === undefined || namespace === undefined || !isNamespaceInScope(scope, namespace)) return [];
  switch (subject.kind) {
    case 'account':
      return accountPatch(subject, scope, secretName);
    case 'pod':
      return podPatch(subject, account, scope, secretName);
  }
}

/** The answer on the wire. It always allows. */
export function reviewAnswer({ uid }: Review, patch: readonly PatchStep[]): object {
  const change = {
    patchType: 'JSONPatch',
    patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
  };
  return {
    apiVersion,
    kind,
    response: { uid, allowed: true, ...(patch.length > 0 && change) },
  };
}
