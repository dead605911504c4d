import { z } from 'zod';

const names = z.union([
  z
    .string()
    .min(1)
    .transform((one) => [one]),
  z.array(z.string().min(1)).min(1),
]);
const conditionValue = z.union([z.string(), z.boolean(), z.number()]).transform(String);
const conditionValues = z.union([conditionValue.transform((one) => [one]), z.array(conditionValue).min(1)]);

/** Operator → key → values, e.g. `StringEquals: {oidc:aud: sts.aliyuncs.com}`. */
const conditionSchema = z.record(z.string().min(1), z.record(z.string().min(1), conditionValues));

const effect = z.enum(['Allow', 'Deny']);

const permissionStatement = z
  .strictObject({
    Sid: z.string().optional(),
    Effect: effect,
    Action: names.optional(),
    NotAction: names.optional(),
    Resource: names,
    Condition: conditionSchema.optional(),
  })
  .refine((statement) => (statement.Action === undefined) !== (statement.NotAction === undefined), {
    message: 'needs exactly one of Action and NotAction',
  });

/**
 * A RAM permission policy. RAM has no NotResource, and no Principal outside trust policies: both are refused
 * as unknown keys.
 * Source: RAM documentation, "Policy elements".
 */
export const permissionPolicySchema = z.strictObject({
  Version: z.literal('1'),
  Statement: z.array(permissionStatement).min(1),
});

const trustStatement = z.strictObject({
  Effect: effect,
  Action: names,
  Principal: z.strictObject({
    RAM: names.optional(),
    Service: names.optional(),
    Federated: names.optional(),
  }),
  Condition: conditionSchema.optional(),
});

/** Who may assume a role. Source: RAM documentation, "Trust policies". */
export const trustPolicySchema = z.strictObject({
  Version: z.literal('1'),
  Statement: z.array(trustStatement).min(1),
});

export type Condition = z.infer<typeof conditionSchema>;
export type TrustPolicy = z.infer<typeof trustPolicySchema>;
export type PermissionPolicy = z.infer<typeof permissionPolicySchema>;
export type PermissionStatement = PermissionPolicy['Statement'][number];
