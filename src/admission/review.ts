import { z } from 'zod';
import { admissionPatch, isAttached, type PullSecretReference } from '../pull-secrets/attachment.ts';
import { isOptedOut } from '../pull-secrets/opt-out.ts';
import { isNamespaceInScope, isServiceAccountInScope, type ScopedNamespace } from '../pull-secrets/scope.ts';
import type { PatchStep } from '../runtime/json-patch.ts';
import { parseJsonText } from '../runtime/json-text.ts';
import type { Scope } from '../settings/settings.ts';

// Anybody in the cluster may send anything: zod would explain every wrong entry of a list, at a hundred times the
// price of reading it, so lists are looked at here, and no further than the first that is wrong.
function isListOfReferences(value: unknown): boolean {
  return Array.isArray(value) && value.every(isReference);
}

function isReference(value: unknown): value is PullSecretReference {
  if (typeof value !== 'object' || value === null) return false;
  return !('name' in value) || typeof value.name === 'string';
}

function isAnnotations(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((each) => typeof each === 'string');
}

const apiVersion = 'admission.k8s.io/v1';
const kind = 'AdmissionReview';

const account = z.object({
  kind: z.literal('ServiceAccount'),
  metadata: z.object({
    // Missing while the API server is still to generate it.
    name: z.string().optional(),
    annotations: z.custom<Readonly<Record<string, string>>>(isAnnotations).nullish(),
  }),
  imagePullSecrets: z.custom<readonly PullSecretReference[]>(isListOfReferences).nullish(),
});

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

/** A service account that is about to be created or changed. */
export interface Review {
  /** Of the request; the answer repeats it. */
  readonly uid: string;
  readonly namespace: string;
  /** Undefined where the request is about something else, or about an account that has no name yet. */
  readonly account: ReviewedAccount | undefined;
}

interface ReviewedAccount {
  readonly name: string;
  readonly isOptedOut: boolean;
  readonly hasAnnotations: boolean;
  readonly imagePullSecrets: readonly PullSecretReference[] | undefined;
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
  const isOurs = operation === 'CREATE' || operation === 'UPDATE';
  return { uid, namespace, account: isOurs ? reviewedAccount(object) : undefined };
}

function reviewedAccount(object: unknown): ReviewedAccount | undefined {
  const reading = account.safeParse(object);
  const name = reading.data?.metadata.name;
  if (reading.data === undefined || name === undefined || name === '') return undefined;
  const { metadata, imagePullSecrets } = reading.data;
  const annotations = metadata.annotations ?? undefined;
  return {
    name,
    isOptedOut: isOptedOut(annotations),
    hasAnnotations: annotations !== undefined,
    imagePullSecrets: imagePullSecrets ?? undefined,
  };
}

/** What attaches the account, by the controller's own rules; empty where it is as it should be. */
export function reviewPatch(
  { account }: Review,
  namespace: ScopedNamespace | undefined,
  { scope, secretName }: AdmissionRules,
): readonly PatchStep[] {
  if (account === undefined || namespace === undefined) return [];
  if (!isNamespaceInScope(scope, namespace) || !isServiceAccountInScope(scope, account)) return [];
  if (isAttached(account, secretName)) return [];
  return admissionPatch(account, account.hasAnnotations, secretName);
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
