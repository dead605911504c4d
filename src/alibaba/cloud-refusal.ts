import { z } from 'zod';
import type { AccessDenied, CloudRefusal } from '../failures/cloud-refusal.ts';
import { parseJsonText } from '../runtime/json-text.ts';
import type { Sensitive } from '../runtime/sensitive.ts';

/** The names of the same field in answers of RPC and of ROA gateways. */
const names = {
  code: ['Code', 'code'],
  message: ['Message', 'message'],
  requestId: ['RequestId', 'requestId'],
  accessDenied: ['AccessDeniedDetail', 'accessDeniedDetail'],
} as const;
type Name = keyof typeof names;

const fields = z.record(z.string(), z.unknown());
type Fields = z.infer<typeof fields>;

const longestMessage = 400;
/** Longer than any name, id or ARN. */
const longestWord = 200;

/** Whatever of an error can be read from an answer's body; of a body that is none, the HTTP status alone. */
export function readRefusal(
  asked: string,
  answer: { readonly status: number; readonly body: unknown },
  secrets: readonly Sensitive[],
): CloudRefusal {
  const body = fields.safeParse(answer.body).data ?? {};
  const said = (name: Name, longest: number) => {
    const text = first(body, names[name]);
    return typeof text === 'string' ? conceal(text, secrets, longest) : undefined;
  };
  return {
    asked,
    httpStatus: answer.status,
    code: said('code', longestWord) ?? `HTTP ${answer.status}`,
    message: said('message', longestMessage) ?? 'no message',
    requestId: said('requestId', longestWord),
    accessDenied: readAccessDenied(first(body, names.accessDenied), secrets),
  };
}

/** Products differ: an object, or the JSON of one in a string. */
function readAccessDenied(found: unknown, secrets: readonly Sensitive[]): AccessDenied | undefined {
  const detail = fields.safeParse(typeof found === 'string' ? parseJsonText(found) : found);
  if (!detail.success) return undefined;
  const word = (name: string) => {
    const text = first(detail.data, [name, `${name.charAt(0).toLowerCase()}${name.slice(1)}`]);
    return typeof text === 'string' && text !== '' ? conceal(text, secrets, longestWord) : undefined;
  };
  return {
    action: word('AuthAction'),
    principalType: word('AuthPrincipalType'),
    principalName: word('AuthPrincipalDisplayName'),
    accountId: word('AuthPrincipalOwnerId'),
    denial: word('NoPermissionType'),
    policyType: word('PolicyType'),
  };
}

function first(found: Fields, candidates: readonly string[]): unknown {
  return candidates.map((name) => found[name]).find((value) => value !== undefined && value !== null);
}

/** A gateway that disputes a signature quotes the canonical request, and with it the security token. */
function conceal(text: string, secrets: readonly Sensitive[], longest: number): string {
  const forms = secrets
    .map((secret) => secret.reveal())
    .flatMap((raw) => [raw, encode(raw), encode(encode(raw))]);
  return forms.reduce((rest, form) => rest.replaceAll(form, '[sensitive]'), text).slice(0, longest);
}

const encode = encodeURIComponent;
