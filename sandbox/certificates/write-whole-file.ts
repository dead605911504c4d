import { rename, writeFile } from 'node:fs/promises';

/** By rename: whoever reads at this moment sees the old file or the new one, never half of it. */
export async function writeWholeFile(file: string, content: string, mode: number): Promise<void> {
  const unfinished = `${file}.new`;
  await writeFile(unfinished, content, { mode });
  await rename(unfinished, file);
}
