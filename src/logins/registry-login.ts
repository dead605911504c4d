import type { Sensitive } from '../runtime/sensitive.ts';

/** What ACR hands out to pull with: temporary user name, authorization token, expiry, and where it is good. */
export interface RegistryLogin {
  /** Key of the instance it was minted for (`Instance.key`). */
  readonly instanceKey: string;
  readonly userName: string;
  readonly token: Sensitive;
  readonly mintedAtMs: number;
  readonly expiresAtMs: number;
  /** Host names (with port where it is not 443), sorted, without duplicates. */
  readonly domains: readonly string[];
}
