import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startProgram, type RunningProgram } from './guardian.ts';
import { programFile } from './program-file.ts';
import { waitUntil } from './wait-until.ts';

export interface RegistrySetup {
  /** Where its configuration and log go. */
  readonly directory: string;
  /** Tells several registries apart in one directory. */
  readonly name: string;
  /** The text of its configuration. */
  readonly configuration: string;
  /** Where it listens, by that configuration. */
  readonly url: string;
}

/** Starts the real `distribution` registry. */
export async function startRegistry(setup: RegistrySetup): Promise<RunningProgram> {
  const configurationFile = join(setup.directory, `${setup.name}.yaml`);
  writeFileSync(configurationFile, setup.configuration);
  const program = await startProgram({
    file: programFile('registry'),
    options: ['serve', configurationFile],
    // Without it the registry looks for a telemetry collector.
    environment: { OTEL_TRACES_EXPORTER: 'none' },
    logFile: join(setup.directory, `${setup.name}.log`),
  });
  await waitUntil({ what: `registry ${setup.name} answers`, withinMs: 60_000, program }, async () => {
    const answer = await fetch(new URL('/v2/', setup.url), { signal: AbortSignal.timeout(1000) });
    await answer.body?.cancel();
    return answer.status === 401 || answer.ok;
  });
  return program;
}
