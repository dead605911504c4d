import fc from 'fast-check';
import { Sensitive } from '../runtime/sensitive.ts';
import { everything, nothing, type LabelRequirement, type Matches, type Selection } from './selection.ts';
import type { IdentityChoice, Instance, OwnIdentity, RrsaRole, Settings } from './settings.ts';

const label = fc.stringMatching(/^[a-z][a-z0-9]{0,6}$/);
const host = fc.tuple(label, label).map((labels) => labels.join('.'));

const edition: fc.Arbitrary<Instance['edition']> = fc.oneof(
  fc.constant({ kind: 'personal' as const }),
  label.map((name) => ({ kind: 'enterprise' as const, instanceId: `cri-${name}` })),
);

const nodeRole: fc.Arbitrary<OwnIdentity> = fc.constant({ kind: 'node-role' as const });
const accessKey: fc.Arbitrary<OwnIdentity> = fc.oneof(
  label.map((secretName) => ({ kind: 'access-key-secret' as const, secretName })),
  fc.record({ id: label, secret: label }).map(({ id, secret }) => ({
    kind: 'inline-access-key' as const,
    accessKeyId: id,
    accessKeySecret: new Sensitive(secret),
  })),
);

const account = fc.stringMatching(/^[1-9]\d{15}$/);
const roleArn = fc.tuple(account, label).map(([id, name]) => `acs:ram::${id}:role/${name}`);
const rrsaRole: fc.Arbitrary<RrsaRole> = fc.record({
  roleArn,
  oidcProviderArn: fc.tuple(account, label).map(([id, name]) => `acs:ram::${id}:oidc-provider/${name}`),
});
const sessionSeconds = fc.integer({ min: 3_600, max: 43_200 });
const rrsa = fc.record({
  kind: fc.constant('rrsa' as const),
  role: fc.option(rrsaRole, { nil: undefined }),
  sessionSeconds,
});

/** Of an Enterprise entry: without a key, RRSA asks where it is on, else the node's role. */
function identityOf(isRrsaOn: boolean): fc.Arbitrary<IdentityChoice> {
  const own = fc.oneof(accessKey, isRrsaOn ? rrsa : nodeRole);
  const from = own.map((each) => (each.kind === 'rrsa' ? { ...each, sessionSeconds: 3_600 } : each));
  const assumedRole = fc.record({
    kind: fc.constant('assumed-role' as const),
    roleArn,
    sessionSeconds,
    from,
  });
  return fc.oneof(own, assumedRole);
}

/** The edition, and an identity that goes with it. */
function identified(
  isRrsaOn: boolean,
): fc.Arbitrary<{ edition: Instance['edition']; identity: IdentityChoice }> {
  return edition.chain((edition) =>
    fc.record({
      edition: fc.constant(edition),
      identity: edition.kind === 'personal' ? fc.oneof(nodeRole, accessKey) : identityOf(isRrsaOn),
    }),
  );
}

const instance = (isRrsaOn: boolean): fc.Arbitrary<Instance> =>
  fc
    .record({
      identified: identified(isRrsaOn),
      regionId: fc.option(
        label.map((name) => `cn-${name}`),
        { nil: undefined },
      ),
      domains: fc.option(fc.uniqueArray(host, { minLength: 1, maxLength: 3 }), { nil: undefined }),
    })
    .map(({ identified: { edition, identity }, regionId, domains }) => {
      const name = edition.kind === 'personal' ? 'personal' : edition.instanceId;
      const key = regionId === undefined ? name : `${name}@${regionId}`;
      return { key, edition, regionId, domains: domains?.toSorted(), identity };
    });

const someNames = fc.uniqueArray(
  label.filter((name) => name !== 'all'),
  { maxLength: 3 },
);
const someGlobs = fc.uniqueArray(
  label.map((name) => `${name}*`),
  { maxLength: 2 },
);
const labelTest: fc.Arbitrary<LabelRequirement['test']> = fc.oneof(
  fc.constant({ kind: 'exists' as const }),
  fc.record({ kind: fc.constantFrom('equals' as const, 'differs' as const), value: label }),
);
const someLabels = fc.uniqueArray(fc.record({ key: label, test: labelTest }), {
  maxLength: 2,
  selector: ({ key }) => key,
});

/** Any selection that a comma list can ask for. */
export function arbitrarySelection({ withLabels }: { withLabels: boolean }): fc.Arbitrary<Selection> {
  const labels = withLabels ? someLabels : fc.constant([]);
  const matches: fc.Arbitrary<Matches> = fc
    .record({ names: someNames, globs: someGlobs, labels })
    .map(({ names, ...rest }) => ({ ...nothing, ...rest, names: new Set(names) }));
  return fc
    .record({ included: fc.oneof(fc.constant(everything), matches), excluded: matches })
    .filter(
      ({ included, excluded }) =>
        (included.isEverything || included.names.size + included.globs.length + included.labels.length > 0) &&
        ![...included.names].some((name) => excluded.names.has(name)),
    );
}

/** Any settings that a configuration can ask for. */
export const arbitrarySettings: fc.Arbitrary<Settings> = fc.record({
  instances: fc
    .boolean()
    .chain((isRrsaOn) =>
      fc.uniqueArray(instance(isRrsaOn), { minLength: 1, maxLength: 4, selector: ({ key }) => key }),
    ),
  scope: fc.record({
    namespaces: arbitrarySelection({ withLabels: true }),
    serviceAccounts: arbitrarySelection({ withLabels: false }),
  }),
  renewBeforeMs: fc.integer({ min: 1, max: 1e9 }),
  notifyEmail: label.map((name) => `${name}@example.com`),
  webhook: fc.record({
    isEnabled: fc.constantFrom(true, false, undefined),
    failurePolicy: fc.constantFrom('Ignore' as const, 'Fail' as const),
    timeoutSeconds: fc.integer({ min: 1, max: 30 }),
  }),
});
