import type { Grant } from '../container-registry/authorization-tokens.ts';
import { mayUseRepository } from '../container-registry/repository-rights.ts';
import { instanceRef, type Instance, type Repository, type World } from '../world/world.ts';
import type { Access } from './scope.ts';

export interface AccessQuestion {
  readonly world: World;
  readonly instance: Instance;
  /** Undefined for somebody who did not say who they are. */
  readonly login: Grant | undefined;
  readonly asked: readonly Access[];
}

/**
 * What of the asked for is within the caller's rights at this moment; an entry of which nothing is left is left
 * out, and the registry then refuses. Only repositories of the world exist. A public one can be pulled by anybody
 * in Personal Edition; in Enterprise Edition the right is needed even so. Deleting is in nobody's rights: no RAM
 * action for it on this path is known.
 */
export function grantedAccess(question: AccessQuestion): readonly Access[] {
  return question.asked.flatMap(({ type, name, actions }) => {
    const repository = question.instance.repositories.find((one) => one.name === name);
    if (type !== 'repository' || repository === undefined) return [];
    const granted = actions.filter((action) => isGranted(question, repository, action));
    return granted.length === 0 ? [] : [{ type, name, actions: granted }];
  });
}

function isGranted(question: AccessQuestion, repository: Repository, action: string): boolean {
  switch (action) {
    case 'pull':
      return (
        (question.instance.edition === 'personal' && repository.public) ||
        hasRight(question, repository, 'cr:PullRepository')
      );
    case 'push':
      return hasRight(question, repository, 'cr:PushRepository');
    default:
      return false;
  }
}

function hasRight(
  { world, instance, login }: AccessQuestion,
  repository: Repository,
  action: 'cr:PullRepository' | 'cr:PushRepository',
): boolean {
  if (login === undefined) return false;
  const where = { instance: instanceRef(instance), repository: repository.name };
  return mayUseRepository(world, login.caller, action, where);
}
