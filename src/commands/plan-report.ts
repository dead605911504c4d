import { readPublishedScope } from '../pull-secrets/published-scope.ts';
import { confirmationNeeded, type ConfirmationCase } from '../controller/scope-confirmation.ts';
import { describeProblem } from '../settings/problem.ts';
import { keepLastGood } from '../settings/keep-last-good.ts';
import { readSettings, type SettingsReading } from '../settings/read-settings.ts';
import type { Scope, Settings } from '../settings/settings.ts';
import type { ObservedNamespace } from '../pull-secrets/namespace-plan.ts';
import { servedScope } from '../pull-secrets/served-scope.ts';
import { forecast, type Forecast } from './forecast.ts';
import { settingsChange } from './settings-change.ts';

/** What `plan` has found out. It is printed as it stands as JSON, so it holds names only. */
export type PlanReport =
  | { readonly kind: 'refused'; readonly source: string; readonly problems: readonly string[] }
  | {
      readonly kind: 'planned';
      readonly source: string;
      readonly problems: readonly string[];
      readonly notices: readonly string[];
      /** What the add-on would not do before it is confirmed, and how to confirm it. */
      readonly heldBack: string | undefined;
      readonly forecast: Forecast;
    };

export type ConfigMapData = Readonly<Record<string, string>>;

export interface PlanInput {
  /** Where the data is from, in words. */
  readonly source: string;
  /** Of the ConfigMap to plan for. */
  readonly data: ConfigMapData;
  /** Of the ConfigMap in the cluster, where another one is planned for and there is one. */
  readonly dataBefore: ConfigMapData | undefined;
  /** Of the ConfigMap in which the add-on publishes it; undefined where it has not run yet. */
  readonly scopeInForce: ConfigMapData | undefined;
  readonly confirming: Omit<ConfirmationCase, 'change' | 'cluster'>;
  readonly secretName: string;
  /** As in `Wanted`. */
  readonly adoptsMentions?: boolean;
  readonly cluster: readonly ObservedNamespace[];
}

export function planReport(input: PlanInput): PlanReport {
  const { source, secretName, cluster } = input;
  const reading = readSettings(input.data);
  const problems = reading.problems.map(describeProblem);
  const before = settingsBefore(input.dataBefore);
  const settings = keepLastGood(reading, before);
  if (reading.kind === 'refused' || settings === undefined) return { kind: 'refused', source, problems };
  const isKept = reading.refusedEntries.length > 0;
  return {
    kind: 'planned',
    source,
    problems,
    notices: [...reading.notices, ...noticesOf(reading)],
    heldBack: heldBack(input, settings.scope),
    forecast: forecast(cluster, {
      settings,
      secretName,
      adoptsMentions: input.adoptsMentions ?? false,
      change: settingsChange(before, settings, isKept),
    }),
  };
}

function settingsBefore(data: ConfigMapData | undefined): Settings | undefined {
  return data === undefined ? undefined : keepLastGood(readSettings(data), undefined);
}

/** As the controller decides, from the scope that it has published, which a change that waits leaves as it was. */
function heldBack(input: PlanInput, to: Scope): string | undefined {
  const { scopeInForce, secretName, cluster, confirming } = input;
  const from = readPublishedScope(scopeInForce) ?? servedScope(cluster, secretName);
  return from && confirmationNeeded({ change: { from, to }, cluster, ...confirming });
}

function noticesOf({ isBlank, refusedEntries }: SettingsReading & { kind: 'read' }): readonly string[] {
  return [
    ...(isBlank
      ? ['nothing is configured: an add-on that runs already keeps its last good configuration']
      : []),
    ...(refusedEntries.length > 0
      ? ['an add-on that runs already keeps the logins that refused entries had before']
      : []),
  ];
}
