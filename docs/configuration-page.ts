import {
  dataKeyNames,
  dataKeys,
  documentKey,
  instanceFieldNames,
  instanceFields,
  type Parameter,
} from '../src/settings/schema.ts';

/** The text of docs/configuration.md. */
export function configurationPage(): string {
  return `<!-- Made from src/settings/schema.ts by \`make docs\`: edit there. -->

# Configuration

The ConfigMap \`kube-system/acr-configuration\` says what is served. A change takes effect at once, without a restart. What cannot be
used is refused with the key, the entry, the line, what was found there and what to write instead; what was good before stays in force.
A ConfigMap that is deleted, or in which none of these keys has a value, changes nothing.

## Data keys

${keyTable()}

The console's names are accepted in place of the keys, not beside them. All of them may also be fields of one JSON object under the key
\`${documentKey}\`, as the cluster API and Terraform take it:

\`\`\`yaml
data:
  ${documentKey}: |
    {
      "AcrInstanceInfo": [{ "instanceId": "cri-0123456789abcdef", "regionId": "cn-hangzhou" }],
      "watchNamespace": "all,!kube-system"
    }
\`\`\`

## An entry of \`acr-registry-info\`

${fieldTable()}

The case of a field's name does not matter. Of two entries about the same instance and region, the first is used. A refused entry leaves
the others in force, and the login that it had before.

## Choosing namespaces and service accounts

What is chosen is included by at least one item of the comma list and excluded by none. The order does not matter, nor do white space and
empty items.

| \`watch-namespace\` | chooses |
|---|---|
| \`shop,billing\` | these two |
| \`all,!kube-system\` | every namespace but one; the way to write “all” |
| \`team-*,!*-test\` | those whose names begin with \`team-\`, without those that end with \`-test\` |
| \`label:acr\` | those with the label \`acr\`, whatever its value |
| \`label:env=prod,label:env=stage\` | those with either value: each item stands for itself |
| \`all,!label:env=test\` | every namespace that has not this value |
| \`label:env!=test\` | the same, as in a Kubernetes label selector: also those without the label |

In \`service-account\` there are names, patterns, \`*\` and exclusions, and no labels: \`*,!ci-*\`. A list of exclusions alone is refused.
A scope that takes in \`kube-system\` is accepted with a warning, since a pull secret there may keep images of the system from being pulled.
`;
}

function keyTable(): string {
  const rows = dataKeyNames.map((name) => {
    const { consoleName, byDefault, rule }: Parameter = dataKeys[name];
    return [code(name), consoleName === undefined ? '' : code(consoleName), code(byDefault), rule];
  });
  return table(['key', 'in the console', 'default', 'rule'], rows);
}

function fieldTable(): string {
  const rows = instanceFieldNames.map((name) => {
    const { byDefault, rule }: Parameter = instanceFields[name];
    return [code(name), code(byDefault), rule];
  });
  return table(['field', 'default', 'rule'], rows);
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [heads, heads.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function code(text: string): string {
  return text === '' ? '' : `\`${text}\``;
}
