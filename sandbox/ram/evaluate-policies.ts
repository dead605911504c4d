import type { PermissionPolicy, PermissionStatement } from '../world/policy-document.ts';
import { evaluateCondition, type RequestFacts } from './condition.ts';
import { matchesPattern } from './pattern.ts';

/** What is asked for: an action such as `cr:PullRepository` on a resource (an ARN, or `*` for none). */
export interface AccessQuestion {
  readonly action: string;
  readonly resource: string;
  /** Under which other names an explicit Deny, but no Allow, finds the resource. */
  readonly alsoDeniedAt: readonly string[];
  readonly facts: RequestFacts;
}

export type Decision = 'allowed' | 'implicit-deny' | 'explicit-deny';

/**
 * Decides by RAM's rules: an explicit Deny wins over any Allow, and nothing is allowed by default. Where the
 * sandbox cannot judge a condition it takes the stricter side: such an Allow grants nothing, such a Deny holds.
 * Source: RAM documentation, "Policy evaluation".
 */
export function evaluatePolicies(policies: readonly PermissionPolicy[], question: AccessQuestion): Decision {
  const applying = policies
    .flatMap((policy) => policy.Statement)
    .filter((statement) => applies(statement, question));
  if (applying.some((statement) => statement.Effect === 'Deny')) return 'explicit-deny';
  return applying.length > 0 ? 'allowed' : 'implicit-deny';
}

function applies(statement: PermissionStatement, question: AccessQuestion): boolean {
  if (!namesAction(statement, question.action)) return false;
  const { resource, alsoDeniedAt } = question;
  const resources = statement.Effect === 'Deny' ? [resource, ...alsoDeniedAt] : [resource];
  const isNamed = (pattern: string): boolean => resources.some((one) => matchesPattern(pattern, one));
  if (!statement.Resource.some(isNamed)) return false;
  const outcome = evaluateCondition(statement.Condition, question.facts);
  return statement.Effect === 'Deny' ? outcome !== 'unmet' : outcome === 'met';
}

/** Actions are compared without regard to case, resources with it. */
export function namesAction(
  { Action, NotAction }: Pick<PermissionStatement, 'Action' | 'NotAction'>,
  action: string,
): boolean {
  const isNamed = (patterns: readonly string[]): boolean =>
    patterns.some((pattern) => matchesPattern(pattern.toLowerCase(), action.toLowerCase()));
  if (Action !== undefined) return isNamed(Action);
  return NotAction !== undefined && !isNamed(NotAction);
}
