import { afterAll, afterEach, beforeEach, describe } from 'vitest';
import { nodeObstacle } from './node-obstacle.ts';
import { runningNodes } from './node.ts';

const obstacle = await nodeObstacle();

/**
 * Like `describe`, but skipped, with the reason in its name, where no node can run. Where a test or a preparation fails,
 * what the nodes have logged last is told on standard error.
 */
export function describeOnNode(name: string, tests: () => void): void {
  const reason = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;
  describe.skipIf(obstacle !== undefined)(`a real node ${name}${reason}`, { timeout: 300_000 }, () => {
    let hasBegun = false;
    tests();
    beforeEach(() => {
      hasBegun = true;
    });
    afterEach(({ task }) => {
      if (task.result?.state === 'fail') tellLastLogLines();
    });
    // Run before the tests' own, which stop the nodes.
    afterAll(() => {
      if (!hasBegun) tellLastLogLines();
    });
  });
}

function tellLastLogLines(): void {
  for (const node of runningNodes) process.stderr.write(`${node.lastLogLines()}\n`);
}
