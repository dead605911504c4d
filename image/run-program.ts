import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

// A slow mirror and two platforms of compression, on a busy machine.
const patienceMs = 300_000;
const outputLimitBytes = 64 * 1024 * 1024;

/** Runs a program to its end and returns what it wrote to standard output. Throws where its exit code is not 0. */
export async function runProgram(
  file: string,
  options: readonly string[],
  directory?: string,
): Promise<string> {
  const { stdout } = await execute(file, options, {
    cwd: directory,
    timeout: patienceMs,
    maxBuffer: outputLimitBytes,
    env: { ...process.env, LC_ALL: 'C' },
  });
  return stdout;
}
