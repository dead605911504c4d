import {
  dataKeyNames,
  dataKeys,
  documentKey,
  instanceFieldNames,
  instanceFields,
  type Parameter,
} from '../src/settings/schema.ts';
import { precedence, personalOutcome, type Outcome } from './identity-precedence.ts';

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

## Who asks

For an Enterprise instance, or several ids in one entry:

${precedenceTable()}

“A → B”: A assumes the role B, which belongs to the instance's owner.

For Personal Edition, the entry's access key asks or, where it has none, ${outcomeText(personalOutcome({ rrsa: false, fields: [] }))}, also while \`rrsa\` is on,
which a notice says. An entry of it with one of the roles is ${outcomeText(personalOutcome({ rrsa: undefined, fields: ['rrsaRoleARN'] }))}; Alibaba Cloud
gives its logins neither by RRSA nor to another account.

Where this says “refused”, it is the entry that is refused, with these mends. What asks is what is named here and nothing else: where it
fails, the login fails, and no other identity is tried.

- *RRSA*: the add-on's OIDC token is exchanged for a session of the role ([ADR 10](adr/0010-one-chain-of-identities-and-no-other.md)). It is read from the file that the
  Pod's variable \`ALIBABA_CLOUD_OIDC_TOKEN_FILE\` names, at each exchange; where there is no such variable, the API server is asked for it:
  a token of the account \`aliyun-acr-credential-helper\` of the add-on's own namespace (\`--namespace\`, \`kube-system\` by default) for
  the audience \`sts.aliyuncs.com\`. [rrsa.md](rrsa.md) has all that it needs at the cloud.
- *The Pod's role*: what its variables \`ALIBABA_CLOUD_ROLE_ARN\` and \`ALIBABA_CLOUD_OIDC_PROVIDER_ARN\` name. They count as a pair; half of it
  is not completed from the entry, nor the entry from it.
- *Sessions* last \`expireDuration\` for the last role of the chain and an hour for one before it. Each login has fresh ones.

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
The ConfigMap \`acr-scope-in-force\` shows \`*\` as \`all\`, which is the same.
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

function precedenceTable(): string {
  const rows = precedence.map(({ rrsa, fields, outcome }) => [
    rrsa === undefined ? 'either' : rrsa ? 'on' : 'off',
    fields.length === 0
      ? 'nothing of it'
      : fields.map((field) => (field === 'an access key' ? field : code(field))).join(' and '),
    outcomeText(outcome),
  ]);
  return table(['`rrsa`', 'in the entry', 'who asks'], rows);
}

function outcomeText(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'asks':
      return outcome.who;
    case 'refused':
      return `refused: ${outcome.mends.join(', or ')}`;
  }
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [heads, heads.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function code(text: string): string {
  return text === '' ? '' : `\`${text}\``;
}
