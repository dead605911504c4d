import { product } from '../runtime/product.ts';

const longest = 64;

/**
 * The name of the sessions that this process opens: what the owner of a role finds in the audit log is the Pod that
 * asked. Source: API page of AssumeRole, RoleSessionName.
 */
export function sessionNameOn(host: string): string {
  return `${product}@${host.replace(/[^\w.@-]|_/g, '-')}`.slice(0, longest);
}
