import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** What an archive says of one file. */
export interface ArchivedFile {
  readonly path: string;
  /** As `ls -l` writes it, with the kind in front. */
  readonly mode: string;
  /** Numbers of user and group, with a slash between. */
  readonly owner: string;
}

/** Lists a tar archive. */
export async function listArchive(file: string): Promise<ArchivedFile[]> {
  const { stdout } = await execute('tar', ['--numeric-owner', '-tvf', file]);
  const lines = stdout.trim().split('\n');
  return lines.map((line) => {
    const [, mode = '', owner = '', path = ''] =
      /^(\S+) (\S+) +\d+ \S+ \S+ (.*?)(?: -> .*)?$/.exec(line) ?? [];
    return { path, mode, owner };
  });
}

/** Unpacks one into a new directory, which it gives back. */
export async function unpackArchive(file: string, directory: string): Promise<string> {
  mkdirSync(directory);
  await execute('tar', ['--same-permissions', '-xf', file, '-C', directory]);
  return directory;
}
