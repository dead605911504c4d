import { z } from 'zod';
import {
  dataKeys,
  instanceFieldNames,
  instanceFields,
  type DataKey,
  type InstanceField,
  type Parameter,
} from '../src/settings/schema.ts';

// Helm checks the patterns with Go's RE2, which has no look-ahead: lengths are said apart from them.
const objectName = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/)
  .max(253);
const namespaceName = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
  .max(63);
const textOrList = z.union([z.string(), z.array(z.string())]);
const fieldForms: Readonly<Record<InstanceField, z.ZodType>> = {
  instanceId: z.union([
    commaText(/cri-[a-z0-9]+(-[a-z0-9]+)*/),
    z.array(z.string().regex(/^cri-[a-z0-9-]+$/)),
  ]),
  regionId: optional(/[a-z]+(-[a-z0-9]+)+/),
  domains: textOrList,
  accessKeySecretRef: z.union([z.literal(''), objectName]),
  customAccessKey: z.string(),
  customAccessKeySecret: z.string(),
  assumeRoleARN: optional(/acs:ram::\d+:role\/.+/),
  expireDuration: z.union([z.int().min(3600).max(43_200), optional(/\d+/)]),
  rrsaRoleARN: optional(/acs:ram::\d+:role\/.+/),
  rrsaOIDCProviderRoleARN: optional(/acs:ram::\d+:oidc-provider\/.+/),
};

const entry = z.strictObject(
  Object.fromEntries(
    instanceFieldNames.map((name) => [name, described(fieldForms[name], instanceFields[name]).optional()]),
  ),
);

/** The settings, by the console's names. */
const settings = {
  AcrInstanceInfo: setting('acr-registry-info', z.union([z.array(entry), z.string()])),
  enableRRSA: setting('rrsa', z.union([z.boolean(), z.enum(['true', 'false'])])),
  watchNamespace: setting('watch-namespace', textOrList),
  serviceAccount: setting('service-account', textOrList),
  expiringThreshold: setting('expiring-threshold', optional(/((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+/)),
  notifyEmail: setting('notify-email', z.string()),
};

const freeForm = z.record(z.string(), z.unknown());
const texts = z.record(z.string(), z.string());

/** What `values.yaml` may say. A wrong name is refused: a limit or a mirror that nobody notices to be missing helps nobody. */
export const chartValues = z.strictObject({
  // Of a chart that has this one as a dependency.
  global: freeForm.optional(),
  ...settings,
  configuration: z.strictObject({ name: objectName, existing: z.boolean() }),
  pullSecretName: objectName,
  waitingPods: z.enum(['off', 'tell', 'restart']),
  rbac: z.strictObject({
    accessKeySecrets: z.array(objectName),
    onlyNamespaces: z.array(namespaceName).max(100),
  }),
  confinement: z.strictObject({ enabled: z.boolean() }),
  admission: z.enum(['auto', 'policy', 'webhook', 'none']),
  podsWithOwnPullSecrets: z.enum(['leave', 'attach']),
  cleanupOnUninstall: z.boolean(),
  webhook: z.strictObject({
    failurePolicy: z.enum(['Ignore', 'Fail']),
    timeoutSeconds: z.int().min(1).max(30),
    certificateSecret: z.union([z.literal(''), objectName]),
    // What it has to be, the chart says in words.
    caBundle: z.string(),
    annotations: texts,
  }),
  image: z.strictObject({
    registry: z.string(),
    repository: z.string().min(1),
    tag: z.string(),
    digest: optional(/sha256:[0-9a-f]{64}/),
    pullPolicy: z.enum(['IfNotPresent', 'Always', 'Never']),
  }),
  imagePullSecrets: z.array(z.strictObject({ name: objectName })),
  replicas: z.int().min(0).max(10),
  controller: z.strictObject({
    region: optional(/[a-z]+(-[a-z0-9]+)+/),
    endpointNetwork: z.enum(['public', 'vpc']),
    stsEndpoint: z.string(),
    containerRegistryEndpoint: z.string(),
    metadataEndpoint: z.string().regex(/^http:\/\/.+/),
    writeBudget: z.int().min(1).max(9999),
    brakeShare: z.int().min(0).max(100),
    brakeCount: z.int().min(0).max(999_999_999),
    adoptAttachments: z.boolean(),
    logLevel: z.enum(['debug', 'info', 'warn', 'error']),
  }),
  rrsa: z.strictObject({
    tokenSource: z.enum(['request', 'projected']),
    roleArn: optional(/acs:ram::\d+:role\/.+/),
    oidcProviderArn: optional(/acs:ram::\d+:oidc-provider\/.+/),
  }),
  proxy: z.strictObject({ https: optional(/https?:\/\/.+/), except: z.string() }),
  authorities: z.strictObject({ configMap: z.union([z.literal(''), objectName]), key: z.string().min(1) }),
  extraEnv: z.array(freeForm),
  resources: freeForm,
  priorityClassName: z.string(),
  terminationGracePeriodSeconds: z.int().min(0),
  podDisruptionBudget: z.boolean(),
  podAnnotations: texts,
  podLabels: texts,
  nodeSelector: texts,
  tolerations: z.array(freeForm),
  affinity: freeForm,
  accountAnnotations: texts,
});

/** The text of `values.schema.json`. */
export function chartValuesSchema(): string {
  // Without defaults of its own: what is not written comes from values.yaml.
  const schema = z.toJSONSchema(chartValues, { target: 'draft-7', io: 'input', override: untyped });
  return `${JSON.stringify({ ...schema, title: 'Values of acr-credential-helper' }, null, 2)}\n`;
}

/** Of a choice, Helm names what there is to choose from only where its type was right. */
function untyped({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.enum !== undefined) delete jsonSchema.type;
}

function setting(key: DataKey, form: z.ZodType): z.ZodType {
  return described(form, dataKeys[key]);
}

function described(form: z.ZodType, { rule }: Parameter): z.ZodType {
  return form.describe(rule);
}

/** The pattern, or nothing. */
function optional(pattern: RegExp): z.ZodType {
  return z.string().regex(new RegExp(`^(${pattern.source})?$`));
}

/** A comma list of the pattern, perhaps an empty one. */
function commaText({ source }: RegExp): z.ZodType {
  return z.string().regex(new RegExp(`^\\s*(${source}\\s*(,\\s*${source}\\s*)*)?$`));
}
