import { createHash } from 'node:crypto';

/** The number by which RAM knows a user or role. A world has none, so it is made of the ARN, and stays the same. */
export function principalId(arn: string): string {
  const digest = createHash('sha256').update(arn).digest().readBigUInt64BE();
  return `3${String(digest % 10n ** 17n).padStart(17, '0')}`;
}
