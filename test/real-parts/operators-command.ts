import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeDirectory, removeDirectory, startProgram } from './guardian.ts';

const program = fileURLToPath(new URL('../../bin/acr-credential-helper.ts', import.meta.url));
const patienceMs = 30_000;

export interface CommandOutcome {
  readonly exitCode: number | null;
  /** Standard output and standard error. */
  readonly output: string;
}

/** Runs a command of the add-on's program that is meant for people, and waits for its end. */
export async function operatorsCommand(
  options: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CommandOutcome> {
  const directory = await makeDirectory('acr-command-');
  try {
    const logFile = join(directory, 'output.log');
    const command = { file: process.execPath, options: [program, ...options], environment, logFile };
    const running = await startProgram(command);
    const { exitCode } = await running.finish(patienceMs);
    return { exitCode, output: readFileSync(logFile, 'utf8') };
  } finally {
    await removeDirectory(directory);
  }
}
