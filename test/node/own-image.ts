import { join } from 'node:path';
import { assembleImage } from '../../image/build-image.ts';
import { gatherParts } from '../../image/image-parts.ts';
import packageJson from '../../package.json' with { type: 'json' };

/** Where the add-on's image is on a node. */
export const ownImage = {
  registry: 'localhost',
  repository: 'acr-credential-helper',
  tag: packageJson.version,
};

/** Builds the add-on's image for this machine, and gives the directory of its OCI layout back. */
export async function buildOwnImage(directory: string): Promise<string> {
  const parts = await gatherParts(join(directory, 'parts'));
  const architecture = process.arch === 'x64' ? 'amd64' : 'arm64';
  const platforms = parts.platforms.filter((platform) => platform.architecture === architecture);
  const image = join(directory, 'own-image');
  await assembleImage({ ...parts, platforms }, image);
  return join(image, 'layout');
}
