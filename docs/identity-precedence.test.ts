import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { describeProblem } from '../src/settings/problem.ts';
import { readSettings, type SettingsReading } from '../src/settings/read-settings.ts';
import type { IdentityChoice } from '../src/settings/settings.ts';
import { personalOutcome, precedence, type Outcome, type PrecedenceField } from './identity-precedence.ts';

const rrsaRole = {
  roleArn: 'acs:ram::1000000000000001:role/cluster',
  oidcProviderArn: 'acs:ram::1000000000000001:oidc-provider/ack-rrsa-c1',
};
const ownersRole = 'acs:ram::2000000000000002:role/owner';

const texts: Readonly<Record<PrecedenceField, readonly string[]>> = {
  'an access key': [
    'accessKeySecretRef: acr-key',
    'customAccessKey: example-id\n  customAccessKeySecret: example-secret',
  ],
  rrsaRoleARN: [`rrsaRoleARN: ${rrsaRole.roleArn}\n  rrsaOIDCProviderRoleARN: ${rrsaRole.oidcProviderArn}`],
  assumeRoleARN: [`assumeRoleARN: "${ownersRole}"`],
};
const editions = { personal: '""', enterprise: 'cri-a', several: '"cri-a,cri-b"' } as const;

interface Cell {
  readonly rrsa: boolean;
  readonly edition: keyof typeof editions;
  readonly fields: string;
  readonly written: string;
  readonly outcome: Outcome;
}

const cells: readonly Cell[] = precedence.flatMap(({ rrsa, fields, outcome: enterprise }) =>
  [true, false]
    .filter((isOn) => rrsa === undefined || rrsa === isOn)
    .flatMap((isOn) =>
      waysToWrite(fields).flatMap((written) =>
        (
          [
            ['personal', personalOutcome({ rrsa: isOn, fields })],
            ['enterprise', enterprise],
            ['several', enterprise],
          ] as const
        ).map(([edition, outcome]) => ({
          rrsa: isOn,
          edition,
          fields: fields.join(' and ') || 'nothing',
          written: `- instanceId: ${editions[edition]}\n${written}`,
          outcome,
        })),
      ),
    ),
);

function waysToWrite(fields: readonly PrecedenceField[]): readonly string[] {
  return fields.reduce<readonly string[]>(
    (ways, field) => ways.flatMap((way) => texts[field].map((text) => `${way}  ${text}\n`)),
    ['  expireDuration: 7200\n'],
  );
}

/** In the words of the table. */
function whoAsks(identity: IdentityChoice): string {
  switch (identity.kind) {
    case 'node-role':
      return 'the node’s role';
    case 'inline-access-key':
    case 'access-key-secret':
      return 'the access key';
    case 'rrsa':
      if (identity.role === undefined) return 'the Pod’s role by RRSA';
      return `${isDeepStrictEqual(identity.role, rrsaRole) ? '`rrsaRoleARN`' : 'another role'} by RRSA`;
    case 'assumed-role':
      return `${whoAsks(identity.from)} → ${identity.roleArn === ownersRole ? '`assumeRoleARN`' : 'another role'}`;
  }
}

/** What came of an entry, of which `mends` may be said. */
function outcomeOf(reading: SettingsReading, mends: readonly string[]): Outcome {
  if (reading.kind === 'refused') {
    const said = reading.problems.map(describeProblem).join('\n');
    return { kind: 'refused', mends: mends.filter((mend) => said.includes(mend)) };
  }
  const { settings, notices } = reading;
  const who = [...new Set(settings.instances.map(({ identity }) => whoAsks(identity)))].join(' or ');
  const isTold = notices.some((notice) => notice.includes('there is no RRSA for Personal Edition'));
  return isTold ? { kind: 'asks', who, isTold } : { kind: 'asks', who };
}

describe('who asks for the logins of an entry', () => {
  it.each(cells)('rrsa $rrsa, $edition, $fields', ({ rrsa, written, outcome }) => {
    const reading = readSettings({ rrsa: `enable: ${rrsa}`, 'acr-registry-info': written });
    const mends = outcome.kind === 'refused' ? outcome.mends : [];
    expect(outcomeOf(reading, mends)).toEqual(outcome);
  });

  it('is told for every combination, once', () => {
    const combinations = cells.map(({ rrsa, edition, fields }) => `${rrsa}, ${edition}, ${fields}`);
    // RRSA off and on, three editions, and each of the three fields written or not.
    expect(new Set(combinations).size).toBe(2 * 3 * 2 ** 3);
    const rows = precedence.map(({ rrsa, fields }) => `${rrsa}, ${fields.join()}`);
    expect(new Set(rows).size).toBe(precedence.length);
  });

  it.each([
    ['the last role of a chain', ['rrsaRoleARN', 'assumeRoleARN'], [3_600, 7_200]],
    ['the only role', ['rrsaRoleARN'], [7_200]],
    ['a role that an access key assumes', ['an access key', 'assumeRoleARN'], [undefined, 7_200]],
  ] as const)('gives the session of %s the seconds of expireDuration', (_, fields, expected) => {
    const [written = ''] = waysToWrite(fields);
    const reading = readSettings({
      rrsa: 'enable: true',
      'acr-registry-info': `- instanceId: cri-a\n${written}`,
    });
    const [instance] = reading.kind === 'read' ? reading.settings.instances : [];
    expect(instance && secondsOf(instance.identity)).toEqual(expected);
  });
});

function secondsOf(identity: IdentityChoice): (number | undefined)[] {
  const seconds = 'sessionSeconds' in identity ? identity.sessionSeconds : undefined;
  return identity.kind === 'assumed-role' ? [...secondsOf(identity.from), seconds] : [seconds];
}
