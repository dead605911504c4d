import { rmSync, writeFileSync } from 'node:fs';
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
  const bundle = `${directory}.bundle`;
  try {
    return await assembleImage(await gatherParts(bundle), directory);
  } finally {
    rmSync(bundle, { recursive: true, force: true });
  }
}

/**
 * The same from other parts, which are listed in a file beside the directory meanwhile. Throws what the program says
 * where they do not make an image that could start.
 */
export async function assembleImage(parts: ImageParts, directory: string): Promise<string> {
  const partsFile = `${directory}.parts.json`;
  try {
    writeFileSync(partsFile, JSON.stringify(parts));
    rmSync(directory, { recursive: true, force: true });
    return await runProgram(layoutProgram, [partsFile, directory]);
  } finally {
    rmSync(partsFile, { force: true });
  }
}
