import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isRunning } from './leftovers.ts';
import { waitUntil } from './wait-until.ts';

describe('a process', () => {
  test('runs', () => {
    expect(isRunning(process.pid)).toBe(true);
  });

  test.skipIf(!existsSync('/proc/self/stat'))(
    'runs no longer where it has ended and its parent does not ask for it (needs /proc)',
    async () => {
      // The shell's child ends; the program that takes the shell's place knows nothing of it.
      const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 60'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      try {
        const [pid] = (await once(parent.stdout, 'data')) as [Buffer];
        await waitUntil({ what: 'it has ended', withinMs: 30_000 }, () => !isRunning(Number(pid)));
        expect(process.kill(Number(pid), 0)).toBe(true);
      } finally {
        parent.kill('SIGKILL');
      }
    },
  );
});
