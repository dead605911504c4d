import { createHash } from 'node:crypto';
import { z } from 'zod';
import { parseJsonText } from '../runtime/json-text.ts';
import { Sensitive } from '../runtime/sensitive.ts';
import { comparableText, ownIdentityOf, type Instance, type RrsaRole } from '../settings/settings.ts';
import type { RegistryLogin } from './registry-login.ts';

/** A login, and the entry that it was minted for, as `fingerprintOf` has it. */
export interface SavedLogin {
  readonly login: RegistryLogin;
  readonly mintedFor: string;
}

/**
 * The same for two readings of the same entry; what an entry holds cannot be read from it. `podRole` is whom an entry
 * stands for that leaves its RRSA role to the Pod: another Pod may have another one.
 */
export function fingerprintOf(instance: Instance, podRole?: RrsaRole): string {
  const own = ownIdentityOf(instance.identity);
  const isPods = own.kind === 'rrsa' && own.role === undefined && podRole !== undefined;
  const text = comparableText(instance) + (isPods ? JSON.stringify(podRole) : '');
  return createHash('sha256').update(text).digest('hex');
}

// Beyond these, a number is no time: `new Date` would not take it.
const time = z.int().min(0).max(8.64e15);

const saved = z.array(
  z.object({
    instanceKey: z.string(),
    mintedFor: z.string(),
    userName: z.string(),
    token: z.string(),
    mintedAtMs: time,
    expiresAtMs: time,
    domains: z.array(z.string()),
  }),
);

/** As JSON that `loadLogins` reads. It holds tokens in clear, so it belongs into a Secret. */
export function saveLogins(logins: readonly SavedLogin[]): string {
  const content: z.input<typeof saved> = logins.map(({ login, mintedFor }) => ({
    instanceKey: login.instanceKey,
    mintedFor,
    userName: login.userName,
    token: login.token.reveal(),
    mintedAtMs: login.mintedAtMs,
    expiresAtMs: login.expiresAtMs,
    domains: [...login.domains],
  }));
  return JSON.stringify(content);
}

/** Undefined where the text is not what `saveLogins` of this version writes. */
export function loadLogins(text: string): readonly SavedLogin[] | undefined {
  const reading = saved.safeParse(parseJsonText(text));
  if (!reading.success) return undefined;
  return reading.data.map(({ mintedFor, token, ...rest }) => ({
    login: { ...rest, token: new Sensitive(token) },
    mintedFor,
  }));
}
