import { fileURLToPath } from 'node:url';
import { readWorld } from '../world/read-world.ts';
import type { World } from '../world/world.ts';

export const exampleFile = fileURLToPath(new URL('../world/example.yaml', import.meta.url));

/** For tests: `world/example.yaml`, read anew each time. */
export async function exampleWorld(): Promise<World> {
  return readWorld(exampleFile);
}

const crossAccountFile = fileURLToPath(new URL('../world/cross-account.yaml', import.meta.url));

/** For tests: `world/cross-account.yaml`, read anew each time. */
export async function crossAccountWorld(): Promise<World> {
  return readWorld(crossAccountFile);
}
