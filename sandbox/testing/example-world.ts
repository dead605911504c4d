import { fileURLToPath } from 'node:url';
import { readWorld } from '../world/read-world.ts';
import type { World } from '../world/world.ts';

export const exampleFile = fileURLToPath(new URL('../world/example.yaml', import.meta.url));

/** For tests: `world/example.yaml`, read anew each time. */
export async function exampleWorld(): Promise<World> {
  return readWorld(exampleFile);
}
