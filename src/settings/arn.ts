import { unquoted } from './comma-list.ts';
import { quote } from './problem.ts';
import { accepted, refused, type Ruling } from './ruling.ts';

/**
 * Source: RAM documentation, "Policy elements": `acs:ram::<account>:<kind>/<name>`. Accounts mostly have 16 digits; no
 * page says that all do, so that only what is no account at all is refused.
 */
const shapes = {
  role: { pattern: /^acs:ram::\d{5,20}:role\/[A-Za-z0-9._-]{1,64}$/, noun: 'a RAM role' },
  provider: {
    pattern: /^acs:ram::\d{5,20}:oidc-provider\/[A-Za-z0-9._-]{1,128}$/,
    noun: 'an OIDC provider',
  },
} as const;
type Shape = keyof typeof shapes;

const examples: Readonly<Record<Shape, string>> = {
  role: 'acs:ram::1234567890123456:role/name',
  provider: 'acs:ram::1234567890123456:oidc-provider/name',
};

/** `where` is what holds the text, to be named in what is said about it. */
export function readRoleArn(where: string, text: string): Ruling<string> {
  return readArn('role', where, text);
}

export function readOidcProviderArn(where: string, text: string): Ruling<string> {
  return readArn('provider', where, text);
}

/** The account in an ARN that was accepted. */
export function accountIn(arn: string): string | undefined {
  return arn.split(':')[3];
}

function readArn(wanted: Shape, where: string, text: string): Ruling<string> {
  const arn = unquoted(text);
  if (shapes[wanted].pattern.test(arn)) return accepted(arn);
  const other: Shape = wanted === 'role' ? 'provider' : 'role';
  const { noun } = shapes[wanted];
  if (shapes[other].pattern.test(arn)) {
    return refused(
      `${where} with the ARN of ${shapes[other].noun}`,
      `write that of ${noun} (${examples[wanted]})`,
    );
  }
  // Anything else is not quoted: somebody may have put a key here.
  const found = arn.startsWith('acs:ram:')
    ? `${where} ${quote(arn)}`
    : `${where} with something that is no ARN`;
  return refused(found, `write the whole ARN of ${noun}, as the RAM console shows it (${examples[wanted]})`);
}
