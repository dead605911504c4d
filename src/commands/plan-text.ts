import type { FillReasons, NamespaceForecast, Totals } from './forecast.ts';
import type { PlanReport } from './plan-report.ts';

export type Colour = 'green' | 'yellow' | 'red' | 'bold';

/** Gives the text back as it is where colours are not wanted. */
export type Paint = (colour: Colour, text: string) => string;

interface Line {
  readonly sign: '+' | '~' | '-';
  readonly verb: 'create' | 'fill' | 'attach' | 'detach' | 'remove';
  readonly target: string;
  readonly note: string;
}

const colourOf = { '+': 'green', '~': 'yellow', '-': 'red' } as const;
const verbWidth = 'create'.length;

/** The report for people: what is wrong first, then a line for each thing that would be done, then totals. */
export function planText(report: PlanReport, paint: Paint): string {
  const head = [
    `Plan for ${report.source}`,
    ...report.problems.map((problem) => `${paint('red', 'problem')}: ${problem}`),
  ];
  switch (report.kind) {
    case 'refused':
      return text([head, ['It cannot be used, so nothing would change: the last good one stays in force.']]);
    case 'planned': {
      const notices = report.notices.map((notice) => `${paint('yellow', 'notice')}: ${notice}`);
      const { namespaces, totals } = report.forecast;
      const lines = namespaces.flatMap((each) => linesOf(each, totals.instances));
      const width = Math.max(0, ...lines.map(({ target }) => target.length));
      return text([
        [...head, ...notices],
        lines.map((line) => format(line, width, paint)),
        sum(totals, paint),
        report.heldBack === undefined ? [] : [`${paint('red', 'held back')}: ${report.heldBack}`],
      ]);
    }
  }
}

function text(paragraphs: readonly (readonly string[])[]): string {
  const filled = paragraphs.filter(({ length }) => length > 0);
  return `${filled.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function format({ sign, verb, target, note }: Line, width: number, paint: Paint): string {
  const line = `${sign} ${verb.padEnd(verbWidth)} ${target.padEnd(width)}  ${note}`;
  return paint(colourOf[sign], line.trimEnd());
}

/** In the order in which the controller does it: the Secret before the attachments, and last when it goes. */
function linesOf({ namespace, pullSecret, attach, detach }: NamespaceForecast, instances: number): Line[] {
  const account = (name: string) => `${namespace}/${name}`;
  const attached = attach.map((name): Line => ({ ...added, verb: 'attach', target: account(name) }));
  const detached = detach.map((name): Line => ({ ...removed, verb: 'detach', target: account(name) }));
  switch (pullSecret.kind) {
    case 'create': {
      const note = count(instances, 'instance');
      return [{ ...added, verb: 'create', target: namespace, note }, ...attached, ...detached];
    }
    case 'fill': {
      const note = reasons(pullSecret);
      return [{ sign: '~', verb: 'fill', target: namespace, note }, ...attached, ...detached];
    }
    case 'remove': {
      const note = ['Secret', ...(detach.length === 0 ? [] : [count(detach.length, 'attachment')])].join(
        ', ',
      );
      return [{ ...removed, verb: 'remove', target: namespace, note }];
    }
    case 'stay':
      return [...attached, ...detached];
  }
}

const added = { sign: '+', note: '' } as const;
const removed = { sign: '-', note: '' } as const;

function reasons(fill: FillReasons): string {
  const { added, dropped, changed, isEmailChanged, isTakenOver, whyReplaced } = fill;
  return [
    ...(isTakenOver ? ['taken over'] : []),
    ...(whyReplaced === undefined ? [] : [`replaced: ${whyReplaced}`]),
    ...(added.length > 0 ? [`with ${added.join(', ')}`] : []),
    ...(dropped.length > 0 ? [`without ${dropped.join(', ')}`] : []),
    ...(changed.length > 0 ? [`${changed.join(', ')} anew`] : []),
    ...(isEmailChanged ? ['notify-email'] : []),
  ].join('; ');
}

function sum(totals: Totals, paint: Paint): string[] {
  const { pullSecrets, attachments } = totals;
  const of = `${totals.served} of ${count(totals.namespaces, 'namespace')} would be served`;
  if (totals.changing === 0) return [paint('bold', `Nothing would change; ${of}.`)];
  return [
    paint('bold', `${count(totals.changing, 'namespace')} would change; ${of}.`),
    `Pull secrets: ${pullSecrets.create} to create, ${pullSecrets.fill} to fill, ${pullSecrets.remove} to remove.`,
    `Attachments: ${attachments.add} to add, ${attachments.remove} to remove.`,
  ];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
