import { shortList } from '../controller/short-list.ts';
import { nameOf, type Inventory } from './cleanup-inventory.ts';
import type { RemovalOutcome, Removed } from './cleanup-removal.ts';

const mentionsTold = 20;

/** What cleanup would remove, for people. */
export function inventoryText({ admission, namespaces, own, mentions, unseen }: Inventory): string {
  const lines = [
    ...admission.map(({ ref }) => `- remove ${nameOf(ref)}`),
    ...namespaces.flatMap(({ namespace, detach, secret }) => [
      ...detach.map(({ name }) => `- detach ${namespace}/${name}`),
      ...(secret === undefined ? [] : [`- remove pull secret in ${namespace}`]),
    ]),
    ...own.map(({ ref }) => `- remove ${nameOf(ref)}`),
  ];
  return text([
    lines.length === 0 ? ['There is nothing of the add-on’s to remove.'] : lines,
    mentionLines(mentions),
    unseen.map(({ what, why }) => `not seen: ${what}: ${why}`),
  ]);
}

/** What cleanup has done, and what is left to do by hand. */
export function outcomeText({ mentions, unseen }: Inventory, { removed, left }: RemovalOutcome): string {
  return text([
    [`Removed: ${sum(removed)}.`],
    mentionLines(mentions),
    unseen.map(({ what, why }) => `not seen, and so not removed: ${what}: ${why}`),
    left.flatMap(({ what, why, command }) => [`left: ${what}: ${why}`, `      ${command}`]),
    unseen.length + left.length === 0
      ? [
          'Nothing is left of what the add-on made. Its ConfigMap, Deployment and rights stay, for whoever installed them to remove.',
        ]
      : ['Mend the reasons and run cleanup again, which only does what is left; or run the commands above.'],
  ]);
}

function mentionLines(mentions: readonly string[]): string[] {
  if (mentions.length === 0) return [];
  const names = shortList(mentions, mentionsTold);
  return [`These service accounts carry the pull secret’s name on their own, and keep it: ${names}.`];
}

function sum({ admission, attachments, pullSecrets, own }: Removed): string {
  return [
    count(attachments, 'attachment'),
    count(pullSecrets, 'pull secret'),
    `${count(admission, 'object')} of admission`,
    `${count(own, 'object')} of the add-on’s own namespace`,
  ].join(', ');
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

function text(paragraphs: readonly (readonly string[])[]): string {
  const filled = paragraphs.filter(({ length }) => length > 0);
  return `${filled.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}
