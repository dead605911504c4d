import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { makeDirectory, removeDirectory, startProgram } from './guardian.ts';
import { guardianOf, isRunning } from './leftovers.ts';
import { canTether } from './tether.ts';
import { waitUntil } from './wait-until.ts';

interface Trial {
  readonly user: ChildProcess;
  readonly directory: string;
  readonly pid: number;
}

/** A process in a group of its own that uses the guardian. */
function startTrial(...options: string[]): Promise<Trial> {
  return startTrialIn(tmpdir(), ...options);
}

async function startTrialIn(temporary: string, ...options: string[]): Promise<Trial> {
  const file = fileURLToPath(new URL('guardian-trial.ts', import.meta.url));
  const user = spawn(process.execPath, [file, ...options], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, TMPDIR: temporary },
  });
  const [line] = (await once(user.stdout, 'data')) as [Buffer];
  return { user, ...(JSON.parse(line.toString()) as { directory: string; pid: number }) };
}

function nothingIsLeftOf({ directory, pid }: Trial): Promise<boolean> {
  return waitUntil({ what: 'the program and its directory are gone', withinMs: 30_000 }, () => {
    return !isRunning(pid) && !existsSync(directory);
  });
}

describe('the guardian ends programs and removes directories when the process that asked for them', () => {
  test('is killed', async () => {
    const trial = await startTrial();
    expect(isRunning(trial.pid)).toBe(true);
    trial.user.kill('SIGKILL');
    await expect(nothingIsLeftOf(trial)).resolves.toBe(true);
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const)(
    'gets %s together with its whole process group, as from a terminal',
    async (signal) => {
      const trial = await startTrial();
      process.kill(-(trial.user.pid ?? Number.NaN), signal);
      await expect(nothingIsLeftOf(trial)).resolves.toBe(true);
    },
  );

  test.each(['exit', 'throw'])('ends by itself: %s', async (how) => {
    const trial = await startTrial(how);
    await expect(nothingIsLeftOf(trial)).resolves.toBe(true);
  });
});

describe.skipIf(!canTether())('when the guardian itself is killed', async () => {
  const temporary = await makeDirectory('acr-guardian-test-');
  afterAll(() => removeDirectory(temporary));

  test('its programs end, and the next guardian removes what is left of it, and nothing else', async () => {
    const foreign = join(temporary, 'acr-guardian-trial-somebodys');
    mkdirSync(foreign);
    const [killed, other] = await Promise.all([startTrialIn(temporary), startTrialIn(temporary)]);
    process.kill(guardianOf(basename(killed.directory)) ?? Number.NaN, 'SIGKILL');
    await waitUntil({ what: 'the program is gone', withinMs: 30_000 }, () => !isRunning(killed.pid));
    killed.user.kill('SIGKILL');
    expect(existsSync(killed.directory)).toBe(true);

    const next = await startTrialIn(temporary);
    expect(existsSync(killed.directory)).toBe(false);
    expect(existsSync(other.directory)).toBe(true);
    expect(existsSync(foreign)).toBe(true);
    expect(isRunning(other.pid)).toBe(true);
    for (const trial of [other, next]) {
      trial.user.kill('SIGKILL');
      await nothingIsLeftOf(trial);
    }
  });
});

describe('a program under the guardian', async () => {
  const directory = await makeDirectory('acr-guardian-test-');
  afterAll(() => removeDirectory(directory));

  function node(script: string) {
    return startProgram({
      file: process.execPath,
      options: ['--eval', script],
      environment: { GREETING: 'hello' },
      logFile: `${directory}/program.log`,
    });
  }

  test('ends by itself, and its output and exit code can be read', async () => {
    const program = await node('console.log(process.env.GREETING, process.env.PATH); process.exitCode = 3');
    await expect(program.finish(5000)).resolves.toEqual({ exitCode: 3, signal: null });
    expect(program.hasEnded()).toBe(true);
    expect(program.output()).toBe('hello undefined\n');
  });

  test('is asked to stop before it is killed', async () => {
    const program = await node(
      "process.on('SIGTERM', () => process.exit(7)); setInterval(() => {}, 1000); console.log('up')",
    );
    await waitUntil({ what: 'up', withinMs: 5000, program }, () => program.output().includes('up'));
    await expect(program.stop()).resolves.toEqual({ exitCode: 7, signal: null });
  });

  test('is killed when it does not stop', async () => {
    const program = await node(
      "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('stubborn')",
    );
    await waitUntil({ what: 'up', withinMs: 5000, program }, () => program.output().includes('stubborn'));
    await expect(program.stop(50)).resolves.toEqual({ exitCode: null, signal: 'SIGKILL' });
    await expect(program.stop()).resolves.toEqual({ exitCode: null, signal: 'SIGKILL' });
  });

  test('that cannot be started is an error that says why', async () => {
    await expect(
      startProgram({
        file: `${directory}/missing`,
        options: [],
        environment: {},
        logFile: `${directory}/log`,
      }),
    ).rejects.toThrow(/ENOENT.*missing/);
  });
});
