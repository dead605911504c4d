import type { Sensitive } from '../runtime/sensitive.ts';

/** What a request to Alibaba Cloud is signed with. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: Sensitive;
  /** Present on temporary credentials only. */
  readonly session?: { readonly securityToken: Sensitive; readonly expiresAtMs: number };
}

/** What a refused request could quote, and nobody may read. */
export function secretsOf({ accessKeySecret, session }: Credentials): readonly Sensitive[] {
  return session === undefined ? [accessKeySecret] : [accessKeySecret, session.securityToken];
}

/** Proves to Alibaba Cloud who is asking. Called anew for each mint, so a fresh session can stand behind it. */
export type Identity = (signal: AbortSignal) => Promise<Credentials>;
