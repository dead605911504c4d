import { z } from 'zod';
import { Sensitive } from '../runtime/sensitive.ts';
import type { IdentityChoice, OwnIdentity } from './settings.ts';

const ownIdentity = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('node-role') }),
  z.object({
    kind: z.literal('inline-access-key'),
    accessKeyId: z.string(),
    accessKeySecret: z.string().transform((secret) => new Sensitive(secret)),
  }),
  z.object({ kind: z.literal('access-key-secret'), secretName: z.string() }),
  z.object({
    kind: z.literal('rrsa'),
    role: z
      .object({ roleArn: z.string(), oidcProviderArn: z.string() })
      .nullable()
      .transform((role) => role ?? undefined),
    sessionSeconds: z.int().positive(),
  }),
]);

/** An identity in the saved settings. */
export const savedIdentity = z.discriminatedUnion('kind', [
  ...ownIdentity.options,
  z.object({
    kind: z.literal('assumed-role'),
    roleArn: z.string(),
    sessionSeconds: z.int().positive(),
    from: ownIdentity,
  }),
]);

/** What `savedIdentity` reads; an access key is in clear. */
export function toSavedIdentity(identity: IdentityChoice): z.input<typeof savedIdentity> {
  if (identity.kind !== 'assumed-role') return toSavedOwnIdentity(identity);
  return { ...identity, from: toSavedOwnIdentity(identity.from) };
}

function toSavedOwnIdentity(identity: OwnIdentity): z.input<typeof ownIdentity> {
  switch (identity.kind) {
    case 'node-role':
    case 'access-key-secret':
      return identity;
    case 'inline-access-key':
      return { ...identity, accessKeySecret: identity.accessKeySecret.reveal() };
    case 'rrsa':
      return { ...identity, role: identity.role ?? null };
  }
}
