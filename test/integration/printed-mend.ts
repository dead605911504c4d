import type { RamConsole } from '../real-parts/ram-console.ts';

/** Does what an explanation says, with nothing but what stands in it. Throws where that is not enough. */

/** `OIDC provider <name> of account <uid>`. */
export function namedProvider(text: string): { readonly name: string; readonly uid: string } {
  const [name = '', uid = ''] = matched(text, /OIDC provider (\S+) of account (\d{16})/);
  return { name, uid };
}

export function pasteIntoTrustPolicy(ram: RamConsole, text: string): void {
  const [role = '', uid = ''] = matched(text, /trust policy of role (\S+) of account (\d{16}) does not/);
  ram.trust(uid, role, printedStatement(text));
}

export function pasteIntoPolicies(ram: RamConsole, text: string): void {
  const [role = '', uid = ''] = matched(text, /role (\S+) of account (\d{16}) lacks/);
  ram.permit(uid, role, printedStatement(text));
}

export function setMaxSessionDuration(ram: RamConsole, text: string): void {
  const wording = /Set Max Session Duration of role (\S+) of account (\d{16}) to at least (\d+) seconds/;
  const [role = '', uid = '', seconds] = matched(text, wording);
  ram.role(role, uid).maxSessionDurationSeconds = Number(seconds);
}

/** The issuer that the token names. */
export function printedIssuer(text: string): string {
  const [issuer = ''] = matched(text, /The token has iss ([^\s,]+)/);
  return issuer;
}

export function printedClientId(text: string): string {
  const [id = ''] = matched(text, /Add the client id (\S+) there/);
  return id;
}

/** The first that is printed: it is the likeliest. */
function printedStatement(text: string): unknown {
  const start = text.indexOf('{"Effect"');
  const ends = [...text.matchAll(/\}/g)].map(({ index }) => index + 1).filter((end) => end > start);
  for (const end of start < 0 ? [] : ends) {
    try {
      return JSON.parse(text.slice(start, end));
    } catch {
      // The brace was not yet the last one.
    }
  }
  throw new Error(`no whole statement in: ${text}`);
}

function matched(text: string, pattern: RegExp): readonly string[] {
  const [, ...groups] = pattern.exec(text) ?? [];
  if (groups.length === 0) throw new Error(`${pattern.source} is not in: ${text}`);
  return groups;
}
