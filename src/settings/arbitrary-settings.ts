import fc from 'fast-check';
import { Sensitive } from '../runtime/sensitive.ts';
import type { Instance, NameSelection, Settings } from './settings.ts';

const label = fc.stringMatching(/^[a-z][a-z0-9]{0,6}$/);
const host = fc.tuple(label, label).map((labels) => labels.join('.'));

const edition: fc.Arbitrary<Instance['edition']> = fc.oneof(
  fc.constant({ kind: 'personal' as const }),
  label.map((name) => ({ kind: 'enterprise' as const, instanceId: `cri-${name}` })),
);

const identity: fc.Arbitrary<Instance['identity']> = fc.oneof(
  fc.constant({ kind: 'node-role' as const }),
  label.map((secretName) => ({ kind: 'access-key-secret' as const, secretName })),
  fc.record({ id: label, secret: label }).map(({ id, secret }) => ({
    kind: 'inline-access-key' as const,
    accessKeyId: id,
    accessKeySecret: new Sensitive(secret),
  })),
);

const instance: fc.Arbitrary<Instance> = fc
  .record({
    edition,
    regionId: fc.option(
      label.map((name) => `cn-${name}`),
      { nil: undefined },
    ),
    domains: fc.option(fc.uniqueArray(host, { minLength: 1, maxLength: 3 }), { nil: undefined }),
    identity,
  })
  .map(({ edition, regionId, domains, identity }) => {
    const name = edition.kind === 'personal' ? 'personal' : edition.instanceId;
    const key = regionId === undefined ? name : `${name}@${regionId}`;
    return { key, edition, regionId, domains: domains?.toSorted(), identity };
  });

const selection: fc.Arbitrary<NameSelection> = fc.oneof(
  fc.constant({ kind: 'all' as const }),
  fc
    .uniqueArray(
      label.filter((name) => name !== 'all'),
      { minLength: 1 },
    )
    .map((names) => ({ kind: 'named' as const, names: new Set(names) })),
);

/** Any settings that a configuration can ask for. */
export const arbitrarySettings: fc.Arbitrary<Settings> = fc.record({
  instances: fc.uniqueArray(instance, { minLength: 1, maxLength: 4, selector: ({ key }) => key }),
  scope: fc.record({ namespaces: selection, serviceAccounts: selection }),
  renewBeforeMs: fc.integer({ min: 1, max: 1e9 }),
  notifyEmail: label.map((name) => `${name}@example.com`),
});
