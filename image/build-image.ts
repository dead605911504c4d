import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gatherParts, type ImageParts } from './image-parts.ts';
import { runProgram } from './run-program.ts';

const layoutProgram = fileURLToPath(new URL('../.cache/bin/image-layout', import.meta.url));

/**
 * Builds the image of the checked-out commit for all platforms: `layout/`, an OCI layout, and a bill of materials
 * `sbom.ARCHITECTURE.cdx.json` for each, in a directory that is made anew. The same commit gives the same bytes. Returns
 * what takes how much of it, for people.
 */
export async function buildImage(directory: string): Promise<string> {
  return await inTemporaryDirectory(async (temporary) =>
    assembleImage(await gatherParts(temporary), directory),
  );
}

/** The same from other parts. Throws what the program says where they do not make an image that could start. */
export async function assembleImage(parts: ImageParts, directory: string): Promise<string> {
  return await inTemporaryDirectory(async (temporary) => {
    const partsFile = join(temporary, 'parts.json');
    writeFileSync(partsFile, JSON.stringify(parts));
    rmSync(directory, { recursive: true, force: true });
    return await runProgram(layoutProgram, [partsFile, directory]);
  });
}

async function inTemporaryDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'acr-image-'));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
