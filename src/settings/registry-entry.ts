import { readEntryFields, type EntryFields, type FieldRefusal } from './entry-fields.ts';
import { remarksOn, type EntryContext } from './entry-remarks.ts';
import { chooseIdentity } from './identity-rule.ts';
import { readDomains, readExpireDurationSeconds, readInstanceIds, readRegionId } from './instance-rules.ts';
import { missingColon } from './missing-colon.ts';
import { place, type SettingsProblem } from './problem.ts';
import { refused, type Refusal, type Ruling } from './ruling.ts';
import type { InstanceField } from './schema.ts';
import type { Instance } from './settings.ts';
import type { YamlValue } from './yaml-value.ts';

export type EntryReading =
  | { readonly kind: 'read'; readonly instances: readonly Instance[]; readonly notices: readonly string[] }
  | {
      readonly kind: 'refused';
      readonly problems: readonly SettingsProblem[];
      readonly notices: readonly string[];
      /** What the entry is about; undefined where its `instanceId` cannot be made out. */
      readonly editions: readonly Instance['edition'][] | undefined;
    };

/** Which entry of which data key. */
export interface EntryPlace {
  readonly key: string;
  readonly entry: number;
}

/** Reads one entry of `acr-registry-info`. An entry with several ids gives several instances. */
export function readEntry(value: YamlValue, where: EntryPlace, context: EntryContext): EntryReading {
  if (value.kind !== 'map') {
    const { found, fix } = adviceOn(value);
    return refusedEntry([{ ...where, line: value.line, found, fix }]);
  }
  const fields = readEntryFields(value.fields);
  const notices = fields.notices.map(({ line, text }) => `${place({ ...where, line })}: ${text}`);
  const rules = applyRules(fields, context.isRrsaOn);
  const problems = [
    ...fields.problems,
    ...rules.refusals.map(({ field, found, fix }) => ({
      line: fields.values.get(field)?.line ?? value.line,
      found,
      fix,
    })),
  ].map(({ line, found, fix }) => ({ ...where, line, found, fix }));
  const { editions } = rules;
  if (problems.length > 0 || rules.instances === undefined) {
    return { kind: 'refused', problems, notices, editions: fields.isIdLegible ? editions : undefined };
  }
  const remarks = remarksOn(fields.values, rules.instances, context).map(
    (text) => `${place(where)}: ${text}`,
  );
  return { kind: 'read', instances: rules.instances, notices: [...notices, ...remarks] };
}

function adviceOn(value: YamlValue): Refusal {
  const colon = value.kind === 'text' ? missingColon(value.text) : undefined;
  if (colon !== undefined) return refused(colon.found, colon.fix);
  const found = value.kind === 'list' ? 'a list within the list' : 'an entry without fields';
  return refused(found, 'write its fields, as in - instanceId: "cri-…", or remove the entry');
}

function refusedEntry(problems: readonly SettingsProblem[]): EntryReading {
  return { kind: 'refused', problems, notices: [], editions: undefined };
}

interface RuleResults {
  readonly instances: readonly Instance[] | undefined;
  readonly editions: readonly Instance['edition'][] | undefined;
  readonly refusals: readonly FieldRefusal[];
}

function applyRules({ values }: EntryFields, isRrsaOn: boolean): RuleResults {
  const text = (field: InstanceField) => values.get(field)?.texts.join(',') ?? '';
  const ids = readInstanceIds(text('instanceId'));
  const region = readRegionId(text('regionId'));
  const domains = readDomains(values.get('domains')?.texts ?? []);
  const session = readExpireDurationSeconds(text('expireDuration'));
  const identity = chooseIdentity(values, {
    isRrsaOn,
    isPersonal: ids.kind === 'accepted' && ids.value.some(({ kind }) => kind === 'personal'),
    session,
  });
  const refusals = [
    ...refusalOf('instanceId', ids),
    ...refusalOf('regionId', region),
    ...refusalOf('domains', domains),
    ...refusalOf('expireDuration', session),
    ...(identity.kind === 'refused' ? [identity] : []),
  ];
  const editions = ids.kind === 'accepted' ? ids.value : undefined;
  if (
    editions === undefined ||
    region.kind === 'refused' ||
    domains.kind === 'refused' ||
    session.kind === 'refused' ||
    identity.kind === 'refused'
  ) {
    return { instances: undefined, editions, refusals };
  }
  const shared = { regionId: region.value, domains: domains.value, identity: identity.value };
  const instances = editions.map((edition) => ({
    key: instanceKey(edition, region.value),
    edition,
    ...shared,
  }));
  return { instances, editions, refusals };
}

function refusalOf(field: InstanceField, ruling: Ruling<unknown>): readonly FieldRefusal[] {
  return ruling.kind === 'refused' ? [{ ...ruling, field }] : [];
}

function instanceKey(edition: Instance['edition'], regionId: string | undefined): string {
  const name = edition.kind === 'personal' ? 'personal' : edition.instanceId;
  return regionId === undefined ? name : `${name}@${regionId}`;
}
