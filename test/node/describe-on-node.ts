import { describe } from 'vitest';
import { nodeObstacle } from './node-obstacle.ts';

const obstacle = nodeObstacle();

/** Like `describe`, but skipped, with the reason in its name, where no node can run. */
export function describeOnNode(name: string, tests: () => void): void {
  const reason = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;
  describe.skipIf(obstacle !== undefined)(`a real node ${name}${reason}`, { timeout: 300_000 }, () => {
    tests();
  });
}
