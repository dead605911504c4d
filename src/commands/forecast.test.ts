import fc from 'fast-check';
import { expect, test } from 'vitest';
import { desiredSecret, secretType, type ObservedSecret } from '../pull-secrets/desired-secret.ts';
import { planNamespace, type Action, type ObservedNamespace } from '../pull-secrets/namespace-plan.ts';
import { Sensitive } from '../runtime/sensitive.ts';
import { readSettings } from '../settings/read-settings.ts';
import type { Settings } from '../settings/settings.ts';
import { forecast } from './forecast.ts';

const secretName = 'acr-credential-secret-aggregation';
const accountNames = ['default', 'builder', 'own'];
const instanceKeys = ['cri-a', 'cri-b', 'personal'];

const loginOf = (instanceKey: string) => ({
  instanceKey,
  userName: 'cr_temp_user',
  token: new Sensitive(`token of ${instanceKey}`),
  mintedAtMs: 0,
  expiresAtMs: 3_600_000,
  domains: [`${instanceKey}.example`],
});

function settingsWith(keys: readonly string[], scope: Record<string, string>): Settings {
  const entries = keys.map((key) => `- instanceId: ${key === 'personal' ? '""' : key}\n`);
  const reading = readSettings({ ...scope, 'acr-registry-info': entries.join('') });
  if (reading.kind === 'refused') throw new Error('the test’s own settings are refused');
  return reading.settings;
}

const settings = fc
  .tuple(
    fc.subarray(instanceKeys, { minLength: 1 }),
    fc.constantFrom('team-a', 'elsewhere', 'all'),
    fc.constantFrom('default', 'default,builder', '*'),
  )
  .map(([keys, namespaces, accounts]) =>
    settingsWith(keys, { 'watch-namespace': namespaces, 'service-account': accounts }),
  );

const accounts = fc
  .subarray(accountNames)
  .chain((attached) => fc.tuple(fc.constant(attached), fc.subarray(attached)));

const secrets = (mentions: readonly string[]) =>
  fc
    .record({
      keys: fc.subarray(instanceKeys),
      isOfficial: fc.boolean(),
      type: fc.constantFrom(secretType, 'Opaque'),
      isImmutable: fc.boolean(),
    })
    .map(({ keys, isOfficial, type, isImmutable }): ObservedSecret => {
      const desired = desiredSecret(keys.map(loginOf), 'cs@aliyuncs.com', new Set(mentions));
      const { labels, annotations, dockerConfigJson } = desired;
      const marks = isOfficial ? { labels: {}, annotations: {} } : { labels, annotations };
      return { uid: 'u', resourceVersion: '1', type, isImmutable, dockerConfigJson, ...marks };
    });

const namespaces = accounts.chain(([attached, mentions]) =>
  fc.record({
    name: fc.constant('team-a'),
    uid: fc.constant('u'),
    labels: fc.constant({}),
    isTerminating: fc.boolean(),
    isOptedOut: fc.boolean(),
    recordedMentions: fc.constant(undefined),
    secret: fc.option(secrets(mentions), { nil: undefined }),
    serviceAccounts: fc.constant(
      accountNames.map((name) => ({
        name,
        uid: name,
        resourceVersion: '1',
        isOptedOut: false,
        imagePullSecrets: attached.includes(name) ? [{ name: secretName }] : [],
      })),
    ),
  }),
);

/** What the controller does once it has all logins, in the forecast's words. */
function done(observed: ObservedNamespace, { scope, instances, notifyEmail: email }: Settings) {
  const logins = instances.map(({ key }) => loginOf(key));
  const actions = planNamespace(observed, { scope, email, secretName, logins });
  const accountsOf = (kind: Action['kind']) =>
    actions.flatMap((each) => (each.kind === kind && 'account' in each ? [each.account.name] : []));
  const writes = actions.some(({ kind }) => kind === 'apply-secret' || kind === 'replace-secret');
  const removes = actions.some(({ kind }) => kind === 'delete-secret');
  const written = observed.secret === undefined ? 'create' : 'fill';
  return {
    pullSecret: (writes && written) || (removes && 'remove') || 'stay',
    attach: accountsOf('attach'),
    detach: accountsOf('detach'),
  };
}

test('what is told without a login is what is done with all of them', () => {
  fc.assert(
    fc.property(namespaces, settings, (observed, settings) => {
      const change = { instances: [], isEmailChanged: false, mayKeepMore: false };
      const told = forecast([observed], { settings, secretName, change }).namespaces[0];
      expect({
        pullSecret: told?.pullSecret.kind ?? 'stay',
        attach: told?.attach ?? [],
        detach: told?.detach ?? [],
      }).toEqual(done(observed, settings));
    }),
    { numRuns: 1000 },
  );
});
