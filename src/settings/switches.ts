import { unquoted } from './comma-list.ts';
import { nearestName } from './nearest-name.ts';
import { place, quote, type SettingsProblem } from './problem.ts';
import { rrsaFields, webhookFields } from './schema.ts';
import type { WebhookSettings } from './settings.ts';
import type { Written } from './written-keys.ts';
import { readYaml, type YamlField } from './yaml-value.ts';

/** A small YAML map with an `enable` in it. */
export interface SwitchReading {
  readonly isOn: boolean;
  /** Whether it says `enable` at all. */
  readonly isSaid: boolean;
  readonly problems: readonly SettingsProblem[];
  readonly notices: readonly string[];
}

/** `rrsa`. */
export function readRrsa(text: string): SwitchReading {
  return readSwitch('rrsa', text, rrsaFields);
}

/** `enableRRSA`. */
export function readConsoleSwitch({ key, line, text }: Written): SwitchReading {
  const isOn = switchOf(unquoted(text));
  if (isOn !== undefined) return { isOn, isSaid: true, problems: [], notices: [] };
  return off([{ key, ...(line !== undefined && { line }), found: quote(text), fix: 'write true or false' }]);
}

export interface WebhookReading extends Pick<SwitchReading, 'problems' | 'notices'> {
  /** Undefined where there are problems: no default stands in for a part that is wrong. */
  readonly webhook: WebhookSettings | undefined;
}

/** The official add-on's. */
const webhookByDefault: WebhookSettings = {
  isEnabled: undefined,
  failurePolicy: 'Ignore',
  timeoutSeconds: 10,
};

/** `webhook-configuration`. */
export function readWebhook(text: string): WebhookReading {
  const { isOn, isSaid, problems, notices } = readSwitch('webhook-configuration', text, webhookFields);
  if (problems.length > 0) return { webhook: undefined, problems, notices };
  const written = textsOf(text);
  const isFail = written.get('failure-policy')?.toLowerCase() === 'fail';
  const seconds = written.get('timeout-seconds');
  return {
    webhook: {
      isEnabled: isSaid ? isOn : undefined,
      failurePolicy: isFail ? 'Fail' : webhookByDefault.failurePolicy,
      timeoutSeconds: seconds === undefined ? webhookByDefault.timeoutSeconds : Number(seconds),
    },
    problems,
    notices,
  };
}

/** As `readWebhook` reads it. */
export function webhookText({ isEnabled, failurePolicy, timeoutSeconds }: WebhookSettings): string {
  const enable = isEnabled === undefined ? '' : `enable: ${isEnabled}\n`;
  return `${enable}failure-policy: ${failurePolicy}\ntimeout-seconds: ${timeoutSeconds}\n`;
}

function textsOf(text: string): ReadonlyMap<string, string> {
  const yaml = readYaml(text);
  if (yaml.kind !== 'read' || yaml.value.kind !== 'map') return new Map();
  return new Map(yaml.value.fields.map((field) => [field.name, textOf(field)]));
}

function readSwitch(key: string, text: string, known: readonly string[]): SwitchReading {
  const yaml = readYaml(text);
  if (yaml.kind === 'blank') return off([]);
  const fix = 'write enable: true or enable: false';
  if (yaml.kind === 'broken') return off([{ key, line: yaml.line, found: yaml.found, fix }]);
  if (yaml.value.kind !== 'map')
    return off([{ key, line: yaml.value.line, found: 'a value without a name', fix }]);
  const { fields } = yaml.value;
  const isOn = fields.some((field) => field.name === 'enable' && switchOf(textOf(field)) === true);
  return {
    isOn,
    isSaid: fields.some(({ name }) => name === 'enable'),
    problems: fields.flatMap((field) => problemOf(key, field, known)),
    notices: fields.flatMap((field) => noticeOf(key, field, known)),
  };
}

function off(problems: readonly SettingsProblem[]): SwitchReading {
  return { isOn: false, isSaid: false, problems, notices: [] };
}

function problemOf(key: string, field: YamlField, known: readonly string[]): readonly SettingsProblem[] {
  const { name, line } = field;
  if (!known.includes(name)) {
    if (nearestName(name, known) !== 'enable') return [];
    return [{ key, line, found: `the unknown field ${quote(name)}`, fix: 'write enable' }];
  }
  const fix = adviceOn(name, textOf(field));
  return fix === undefined ? [] : [{ key, line, found: `${name} ${quote(textOf(field))}`, fix }];
}

function noticeOf(key: string, { name, line }: YamlField, known: readonly string[]): readonly string[] {
  const near = nearestName(name, known);
  if (known.includes(name) || near === 'enable') return [];
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  return [`${place({ key, line })}: ${quote(name)} is no known field and is ignored${hint}`];
}

function adviceOn(name: string, text: string): string | undefined {
  switch (name) {
    case 'enable':
      return switchOf(text) === undefined ? 'write enable: true or enable: false' : undefined;
    case 'failure-policy':
      return /^(ignore|fail)$/i.test(text)
        ? undefined
        : 'write failure-policy: Ignore or failure-policy: Fail';
    default:
      return /^\d{1,2}$/.test(text) && Number(text) >= 1 && Number(text) <= 30
        ? undefined
        : 'write timeout-seconds: followed by whole seconds from 1 to 30';
  }
}

function switchOf(text: string): boolean | undefined {
  return new Map([
    ['true', true],
    ['false', false],
  ]).get(text.toLowerCase());
}

function textOf({ value }: YamlField): string {
  return value.kind === 'text' ? unquoted(value.text) : '';
}
