import { z } from 'zod';
import { permissionPolicySchema, trustPolicySchema } from './policy-document.ts';

export const accountUid = z.string().regex(/^\d{16}$/, 'an account uid is a string of 16 digits (quote it)');
export const ramName = z.string().regex(/^[\w.@-]{1,64}$/, 'letters, digits and . @ _ - only');

/** A world file is often shared: it is no place for a key that opens anything real. */
const sandboxKeyId = z
  .string()
  .regex(/^SANDBOX[A-Za-z0-9]+$/, 'an access key id of the sandbox starts with SANDBOX');

const accessKeySchema = z.strictObject({
  accessKeyId: sandboxKeyId,
  accessKeySecret: z.string().min(8),
  status: z.enum(['Active', 'Inactive']).default('Active'),
});

const ramUserSchema = z.strictObject({
  name: ramName,
  accessKeys: z.array(accessKeySchema).max(2, 'a RAM user has at most two access keys').default([]),
  policies: z.array(ramName).default([]),
});

const roleSchema = z.strictObject({
  name: ramName,
  maxSessionDurationSeconds: z.int().min(3600).max(43200).default(3600),
  trustPolicy: trustPolicySchema.optional(),
  policies: z.array(ramName).default([]),
});

const issuerUrl = z
  .url({ protocol: /^https$/, error: 'an issuer is an https URL' })
  .max(255)
  .refine((text) => !/[?#@]/.test(text), { message: 'an issuer URL has no query, fragment or login' });

/** Forms and limits. Source: RAM documentation, "CreateOIDCProvider". */
const oidcProviderSchema = z.strictObject({
  name: z
    .string()
    .max(128)
    .regex(/^[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?$/, 'letters, digits and . _ - inside'),
  issuerUrl,
  clientIds: z
    .array(z.string().regex(/^[A-Za-z0-9][\w.:/-]{0,127}$/, 'letters, digits and . - _ : / only'))
    .max(50, 'a provider has at most 50 client ids')
    .default([]),
  /**
   * SHA-1 of the topmost certificate that the issuer's TLS servers present, as `openssl x509 -fingerprint` shows it
   * but without colons. Source: RAM documentation, "Obtain OIDC IdP fingerprints through OpenSSL".
   */
  fingerprints: z
    .array(
      z
        .string()
        .regex(/^[0-9A-Fa-f]{40}$/, 'a fingerprint is SHA-1: 40 hexadecimal digits without colons')
        .toLowerCase(),
    )
    .min(1)
    .max(5, 'a provider has at most five fingerprints'),
  /** A token that was issued longer ago is refused. The default is the documentation's example. */
  issuanceLimitHours: z.int().min(1).max(168).default(12),
});

export const accountSchema = z.strictObject({
  uid: accountUid,
  name: z.string().min(1),
  /** Of the account itself, which may do everything that is its own but assume no role. */
  rootAccessKeys: z.array(accessKeySchema).default([]),
  policies: z.record(ramName, permissionPolicySchema).default({}),
  ramUsers: z.array(ramUserSchema).default([]),
  roles: z.array(roleSchema).default([]),
  oidcProviders: z.array(oidcProviderSchema).max(100).default([]),
  /**
   * Which refusals of STS have an `AccessDeniedDetail`, for roles of this account: those of AssumeRole, none, or those of
   * AssumeRoleWithOIDC too. The documentation promises it for none of them; public reports show both with and without.
   */
  stsDetails: z.enum(['assume-role', 'none', 'all']).default('assume-role'),
});

export const accountsSchema = z.array(accountSchema).min(1);

export type Account = z.output<typeof accountSchema>;
export type Role = Account['roles'][number];
export type OidcProvider = Account['oidcProviders'][number];
