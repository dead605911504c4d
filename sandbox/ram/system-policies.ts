import type { PermissionPolicy } from '../world/policy-document.ts';

function allowing(...actions: readonly string[]): PermissionPolicy {
  return { Version: '1', Statement: [{ Effect: 'Allow', Action: [...actions], Resource: ['*'] }] };
}

/**
 * The cloud's own policies that every account can attach by name, as far as they concern image pulls.
 * Source: RAM documentation, "AliyunSTSAssumeRoleAccess"; Container Registry documentation, "Grant a system
 * policy to a RAM user".
 */
export const systemPolicies: ReadonlyMap<string, PermissionPolicy> = new Map([
  ['AliyunSTSAssumeRoleAccess', allowing('sts:AssumeRole')],
  ['AliyunContainerRegistryReadOnlyAccess', allowing('cr:Get*', 'cr:List*', 'cr:Pull*')],
  ['AliyunContainerRegistryFullAccess', allowing('cr:*')],
]);
