import { execFile } from 'node:child_process';
import { programFile, type PartName } from './program-file.ts';
import { tethered } from './tether.ts';

const patienceMs = 90_000;

/** Gives a program a question as JSON on its standard input, and gives back the JSON it answers. Throws where it fails. */
export async function askProgram(
  name: PartName,
  options: readonly string[],
  question: unknown,
): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = execFile(
    ...tethered(programFile(name), options),
    { env: {}, timeout: patienceMs, killSignal: 'SIGKILL' },
    (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${name} ${options.join(' ')}: ${stderr}`, { cause: error }));
    },
  );
  child.stdin?.end(JSON.stringify(question));
  return JSON.parse(await promise) as unknown;
}
