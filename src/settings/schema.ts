/** One parameter of `acr-configuration`. Parsing, defaults and docs/configuration.md all come from these. */
export interface Parameter {
  /** The name that the console, Terraform and the cluster API use for it. */
  readonly consoleName?: string;
  /** What holds where nothing is written, as one would write it; the official add-on's defaults. */
  readonly byDefault: string;
  /**
   * Whether its absence would change what is served, or who asks for it. A misspelt one is refused then: read as
   * absent, it could take logins away, serve another instance, or use an identity that nobody chose.
   */
  readonly isDecisive: boolean;
  /** For people, in Markdown. */
  readonly rule: string;
}

/** The data keys of the ConfigMap, in the order of the documentation. */
export const dataKeys = {
  'acr-registry-info': {
    consoleName: 'AcrInstanceInfo',
    byDefault: '- instanceId: ""',
    isDecisive: true,
    rule: 'The instances: a YAML or JSON list of entries with the fields below.',
  },
  'watch-namespace': {
    consoleName: 'watchNamespace',
    byDefault: 'default',
    isDecisive: true,
    rule:
      'The namespaces: a comma list of `all` (or `*`, which is the same), names, patterns such as `team-*`, and ' +
      'labels (`label:key`, `label:key=value`, `label:key!=value`). Each of them excludes with `!` before it.',
  },
  'service-account': {
    consoleName: 'serviceAccount',
    byDefault: 'default',
    isDecisive: true,
    rule:
      'The service accounts in these namespaces: a comma list of `*` (or `all`, which never means an account of ' +
      'that name), names and patterns. Each of them excludes with `!` before it.',
  },
  'expiring-threshold': {
    consoleName: 'expiringThreshold',
    byDefault: '15m',
    isDecisive: false,
    rule:
      'A Go duration, such as `15m`, `90s` or `1h30m`: a login is renewed when it has less than this left, or at ' +
      'half its life where that is shorter.',
  },
  'notify-email': {
    consoleName: 'notifyEmail',
    byDefault: 'cs@aliyuncs.com',
    isDecisive: false,
    rule: 'The `email` field of the docker configuration. Nobody is notified.',
  },
  rrsa: {
    consoleName: 'enableRRSA',
    byDefault: 'enable: false',
    isDecisive: true,
    rule:
      '`enable: true`: the add-on’s own OIDC token asks for the Enterprise entries that have no access key ' +
      '([who asks](#who-asks)). As `enableRRSA`, write `true` or `false`.',
  },
  'webhook-configuration': {
    byDefault: '',
    isDecisive: false,
    rule:
      '`enable`, `failure-policy` (`Ignore`, the default, or `Fail`) and `timeout-seconds` (1 to 30, by default 10), ' +
      'one a line: service accounts are created with the pull secret on them, so that the first Pod has it. With ' +
      '`Fail` none can be created or changed while no replica answers; kube-system and the add-on’s own namespace ' +
      'are left out. Without `enable` there is no webhook, unless `--admission` or the chart’s `admission` says otherwise.',
  },
  'acr-api-version': {
    byDefault: '2018-12-01',
    isDecisive: false,
    rule: 'Accepted, and without effect.',
  },
  'acr-registry': {
    byDefault: '',
    isDecisive: false,
    rule: 'A key of 2019. Accepted, and without effect.',
  },
  tokenMode: {
    consoleName: 'tokenMode',
    byDefault: '',
    isDecisive: false,
    rule:
      'The official add-on’s one way for all entries. Accepted, and without effect: here each entry names its own ' +
      'identity ([what to write instead](migration.md#their-settings-and-ours)).',
  },
} as const satisfies Readonly<Record<string, Parameter>>;
export type DataKey = keyof typeof dataKeys;

/** A data key with the console's form of the whole configuration in it, a JSON object. */
export const documentKey = 'config';

/** The fields of an entry of `acr-registry-info`; `accessKeySecretRef` is ours. */
export const instanceFields = {
  instanceId: {
    byDefault: '',
    isDecisive: true,
    rule:
      '`cri-…`: an Enterprise instance; several ids, separated by commas, stand for one entry each. Empty: ' +
      'Personal Edition (instances made before 2024-09-09).',
  },
  regionId: {
    byDefault: '',
    isDecisive: true,
    rule:
      'A region id such as `cn-hangzhou`. Empty: the region of the cluster, from `--region`, a node’s label ' +
      '`topology.kubernetes.io/region`, or the metadata service.',
  },
  domains: {
    byDefault: '',
    isDecisive: false,
    rule:
      'Host names, separated by commas, perhaps with ports. Empty: every domain of the instance, which is what ' +
      '`ListInstanceEndpoint` gives and the internal one (Enterprise), or those of the region (Personal).',
  },
  accessKeySecretRef: {
    byDefault: '',
    isDecisive: true,
    rule:
      'The name of a Secret in the add-on’s namespace with `access-key-id` and `access-key-secret`, an access ' +
      'key of the instance’s owner. Empty: RRSA or the node’s RAM role ([who asks](#who-asks)).',
  },
  customAccessKey: {
    byDefault: '',
    isDecisive: true,
    rule: 'The access key’s id in plain text. Accepted with a warning: `accessKeySecretRef` is the good way.',
  },
  customAccessKeySecret: {
    byDefault: '',
    isDecisive: true,
    rule: 'The access key’s secret in plain text; both or neither.',
  },
  assumeRoleARN: {
    byDefault: '',
    isDecisive: true,
    rule:
      'The role of the instance’s owner, `acs:ram::<account>:role/<name>`, which the entry’s identity assumes: for ' +
      'an instance of another account. Enterprise only.',
  },
  expireDuration: {
    byDefault: '3600',
    isDecisive: false,
    rule:
      'How long the session of the last role lasts, and so the login: whole seconds from 3600 to 43200, and no more ' +
      'than that role’s Max Session Duration, which is 3600 unless somebody has set it to more. The logins of access ' +
      'keys and of the node’s role do not heed it.',
  },
  rrsaRoleARN: {
    byDefault: '',
    isDecisive: true,
    rule:
      'The role of the cluster’s account that trusts its OIDC provider, `acs:ram::<account>:role/<name>`. Both or ' +
      'neither of these two; with neither, the Pod’s variables name them.',
  },
  rrsaOIDCProviderRoleARN: {
    byDefault: '',
    isDecisive: true,
    rule: 'The OIDC provider that knows the cluster, `acs:ram::<account>:oidc-provider/<name>`.',
  },
} as const satisfies Readonly<Record<string, Parameter>>;
export type InstanceField = keyof typeof instanceFields;

export const dataKeyNames = namesOf(dataKeys);
export const instanceFieldNames = namesOf(instanceFields);

export const rrsaFields = ['enable'] as const;
export const webhookFields = ['enable', 'failure-policy', 'timeout-seconds'] as const;

/** The data key that the console knows by this name. */
export const consoleNames: ReadonlyMap<string, DataKey> = new Map(
  dataKeyNames.flatMap((key) => {
    const { consoleName }: Parameter = dataKeys[key];
    return consoleName === undefined ? [] : [[consoleName, key] as const];
  }),
);

function namesOf<Name extends string>(parameters: Readonly<Record<Name, Parameter>>): readonly Name[] {
  // The parameters are written out above, so that they have no other keys.
  return Object.keys(parameters) as Name[];
}
