import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWholeFile } from '../certificates/write-whole-file.ts';
import type { Instance, World } from '../world/world.ts';
import { registryConfiguration } from './registry-configuration.ts';

export interface RegistryPlaces {
  /** Gets a `registries` directory: a configuration for each instance, and beside it a place for its images. */
  readonly stateDir: string;
  readonly jwksFile: string;
}

/**
 * Writes for each instance of the world what its registry is started with:
 * `registries/<instance id, or personal-<region>>.yaml`. Throws what the file system throws.
 */
export async function writeRegistryConfigurations(world: World, places: RegistryPlaces): Promise<void> {
  const directory = join(places.stateDir, 'registries');
  await mkdir(directory, { recursive: true });
  for (const instance of world.instances) {
    const name = nameOf(instance);
    const files = { storageDir: join(directory, name), jwksFile: places.jwksFile };
    await writeWholeFile(join(directory, `${name}.yaml`), registryConfiguration(instance, files), 0o644);
  }
}

function nameOf(instance: Instance): string {
  return instance.edition === 'enterprise' ? instance.id : `personal-${instance.regionId}`;
}
