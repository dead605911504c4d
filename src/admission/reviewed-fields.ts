import { z } from 'zod';
import type { PullSecretReference } from '../pull-secrets/attachment.ts';

// Anybody in the cluster may send anything: zod would explain every wrong entry of a list, at a hundred times the
// price of reading it, so lists are looked at here, and no further than the first that is wrong.

/** `imagePullSecrets`, of which the API server accepts entries without a name; null is as good as missing. */
export const pullSecretList = z.custom<readonly PullSecretReference[]>(isListOfReferences).nullish();

export const annotations = z.custom<Readonly<Record<string, string>>>(isAnnotations).nullish();

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
