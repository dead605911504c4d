import { z } from 'zod';
import { accountsSchema, accountUid, ramName, type Account } from './account.ts';

const regionId = z.string().regex(/^[a-z]{2}-[a-z0-9-]+$/, 'not a region id such as cn-hangzhou');
const hostName = z.string().regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'not a host name in lower case');

const backend = z
  .url({ protocol: /^http$/ })
  .refine((url) => ['127.0.0.1', '[::1]'].includes(new URL(url).hostname), {
    message: 'a registry of the sandbox is on this machine: http://127.0.0.1:PORT',
  });

const repositorySchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9]+([._-]+[a-z0-9]+)*(\/[a-z0-9]+([._-]+[a-z0-9]+)*)+$/, 'not of the form namespace/name'),
  public: z.boolean().default(false),
});

const endpointSchema = z.strictObject({
  enabled: z.boolean().default(true),
  customDomains: z.array(hostName).default([]),
});

const instanceBase = {
  account: accountUid,
  regionId,
  repositories: z.array(repositorySchema).default([]),
  /** The registry program that stores this instance's images. */
  backend,
};

const enterpriseSchema = z.strictObject({
  edition: z.literal('enterprise'),
  id: z.string().regex(/^cri-[a-z0-9]{8,}$/, 'an Enterprise instance id is cri- and small letters or digits'),
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{1,28}[a-z0-9]$/, 'an instance name has 3 to 30 of a-z 0-9 -'),
  specification: z
    .enum(['Enterprise_Basic', 'Enterprise_Standard', 'Enterprise_Advanced'])
    .default('Enterprise_Basic'),
  status: z.enum(['PENDING', 'STARTING', 'RUNNING', 'STOPPED']).default('RUNNING'),
  createdAt: z.iso.datetime().default('2024-01-01T00:00:00Z'),
  endpoints: z
    .strictObject({
      internet: endpointSchema.prefault({}),
      vpc: endpointSchema.extend({ linkedVpcs: z.array(z.string()).default([]) }).prefault({}),
    })
    .prefault({}),
  ...instanceBase,
});

const personalSchema = z.strictObject({ edition: z.literal('personal'), ...instanceBase });

const machineSchema = z.strictObject({
  account: accountUid,
  regionId,
  zoneId: z.string().min(1),
  instanceId: z
    .string()
    .regex(/^i-[a-z0-9]+$/)
    .default('i-sandbox0000000001'),
  roleName: ramName.optional(),
});

/** A world as a file says it; `world-rules.ts` has what one entry demands of another. */
export const worldSchema = z.strictObject({
  /** Regions that exist besides those that something in the world is in. */
  regions: z.array(regionId).default([]),
  accounts: accountsSchema,
  instances: z.array(z.discriminatedUnion('edition', [enterpriseSchema, personalSchema])).default([]),
  /** The machine (ECS instance) that the metadata service speaks for. */
  ecs: machineSchema.optional(),
  metadata: z.strictObject({ mode: z.enum(['both', 'v2-only']).default('both') }).prefault({}),
});

export type World = z.output<typeof worldSchema>;
export type Machine = NonNullable<World['ecs']>;
export type Instance = World['instances'][number];
export type EnterpriseInstance = Extract<Instance, { edition: 'enterprise' }>;
export type Repository = Instance['repositories'][number];

/** What tells instances apart on the wire. Personal Edition has no id: it is its account's one in a region. */
export type InstanceRef =
  | {
      readonly edition: 'enterprise';
      readonly id: string;
      readonly regionId: string;
      readonly account: string;
    }
  | { readonly edition: 'personal'; readonly regionId: string; readonly account: string };

export function instanceRef(instance: Instance): InstanceRef {
  const { regionId, account } = instance;
  return instance.edition === 'enterprise'
    ? { edition: 'enterprise', id: instance.id, regionId, account }
    : { edition: 'personal', regionId, account };
}

export function isSameInstance(one: InstanceRef, other: InstanceRef): boolean {
  const oneId = one.edition === 'enterprise' ? one.id : undefined;
  const otherId = other.edition === 'enterprise' ? other.id : undefined;
  return oneId === otherId && one.regionId === other.regionId && one.account === other.account;
}

export function findAccount(world: World, uid: string): Account | undefined {
  return world.accounts.find((account) => account.uid === uid);
}

/** Every region that exists in this world; a host name of another one does not resolve. */
export function regionsOf(world: World): ReadonlySet<string> {
  const machine = world.ecs === undefined ? [] : [world.ecs.regionId];
  return new Set([...world.regions, ...world.instances.map((instance) => instance.regionId), ...machine]);
}
