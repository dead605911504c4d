import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Architecture, LockedPackage } from './debian-lock.ts';
import { mirrorsIn, readParagraphs } from './package-index.ts';
import { runProgram } from './run-program.ts';

/** Roots of the Debian mirrors that this machine is set up to use. */
export async function debianMirrors(): Promise<string[]> {
  return mirrorsIn(await runProgram('apt-get', ['update', '--print-uris']));
}

/**
 * Downloads a locked package from the first mirror that has it; apt compares its hash. A mirror drops what was
 * superseded, so that the lock file has to be renewed now and then.
 */
export async function downloadPackage(
  locked: LockedPackage,
  mirrors: readonly string[],
  target: string,
): Promise<void> {
  const complaints: string[] = [];
  for (const mirror of mirrors) {
    try {
      await runProgram('/usr/lib/apt/apt-helper', [
        'download-file',
        `${mirror}/${locked.path}`,
        target,
        `SHA256:${locked.sha256}`,
      ]);
      return;
    } catch (thrown) {
      complaints.push(String(thrown));
    }
  }
  throw new Error(
    `no Debian mirror of this machine has ${locked.package} ${locked.version} (${locked.architecture}) as locked. ` +
      `If it was superseded: make image-lock\n${complaints.join('\n')}`,
  );
}

/**
 * Asks the mirrors for the newest versions for an architecture. Verified by apt with Debian's keys, in a state of its
 * own: what apt knows and may install on this machine stays as it is.
 */
export async function newestPackages(
  architecture: Architecture,
  names: readonly string[],
): Promise<LockedPackage[]> {
  const directory = mkdtempSync(join(tmpdir(), 'acr-apt-'));
  try {
    for (const name of ['state/lists/partial', 'cache/archives/partial']) {
      mkdirSync(join(directory, name), { recursive: true });
    }
    writeFileSync(join(directory, 'status'), '');
    const apart = [
      `--option=Dir::State=${directory}/state`,
      `--option=Dir::Cache=${directory}/cache`,
      `--option=Dir::State::status=${directory}/status`,
      `--option=APT::Architecture=${architecture}`,
      `--option=APT::Architectures::=${architecture}`,
      // The user that apt would download as could not write into this directory.
      '--option=APT::Sandbox::User=root',
    ];
    await runProgram('apt-get', [...apart, '--error-on=any', 'update']);
    const shown = await runProgram('apt-cache', [...apart, 'show', '--no-all-versions', ...names]);
    const paragraphs = readParagraphs(shown);
    return names.map((name) => {
      const found = paragraphs.find((paragraph) => paragraph.get('Package') === name);
      const field = (key: string) => {
        const value = found?.get(key);
        if (value === undefined)
          throw new Error(`apt does not say the ${key} of ${name} for ${architecture}`);
        return value;
      };
      return {
        package: name,
        version: field('Version'),
        architecture,
        path: field('Filename'),
        sha256: field('SHA256'),
      };
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
