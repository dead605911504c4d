import type { IdentityFinding } from '../controller/identity-check.ts';
import type { Paint } from './plan-text.ts';

const words = { works: 'works', fails: 'fails', unchecked: 'not checked' } as const;
const colours = { works: 'green', fails: 'red', unchecked: 'yellow' } as const;

/** What a check of the identities has shown, and what it cannot show from where it was made. */
export function identityText(findings: readonly IdentityFinding[], paint: Paint): string {
  const lines = findings.map((finding) => {
    const { kind, instance, identity } = finding;
    return `${paint(colours[kind], words[kind])}: ${instance}: ${identity}: ${outcome(finding)}`;
  });
  return `\n${['Identities, asked from this machine:', ...lines, ...limits(findings)].join('\n')}\n`;
}

function outcome(finding: IdentityFinding): string {
  switch (finding.kind) {
    case 'works': {
      const { lifeMs, hosts } = finding;
      return `a login for ${Math.round(lifeMs / 60_000)} min at ${hosts.join(', ')}, thrown away; not shown: whether it may pull`;
    }
    case 'fails':
      return `${finding.code}: ${finding.why}`;
    case 'unchecked':
      return `only the add-on’s Pod can tell. Here: ${finding.code}: ${finding.why}`;
  }
}

const mayPull =
  'Nor is whether these logins may pull (cr:PullRepository), which the registry looks at only when an image is pulled.';
const otherMachine =
  'The node’s RAM role is here that of this machine. The add-on asks with the role of the node that it runs on: run this in a Pod there, if this is not one.';

function limits(findings: readonly IdentityFinding[]): string[] {
  return [
    'Kubernetes was asked with your rights: whether the add-on’s own are enough is not shown.',
    ...(findings.some(({ kind }) => kind === 'works') ? [mayPull] : []),
    ...(findings.some(({ kind, isOfThisMachine }) => isOfThisMachine && kind !== 'unchecked')
      ? [otherMachine]
      : []),
  ];
}
