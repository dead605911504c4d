import { readFile } from 'node:fs/promises';
import { parseDocument } from 'yaml';
import type { ZodType } from 'zod';
import { accountsSchema } from './account.ts';
import { worldSchema, type World } from './world.ts';
import { brokenRules } from './world-rules.ts';

/** A world that cannot be used; the message has one line per mistake, each naming the path it is about. */
export class WorldError extends Error {
  override readonly name = 'WorldError';
  readonly mistakes: readonly string[];

  constructor(message: string, mistakes: readonly string[], options?: ErrorOptions) {
    super([message, ...mistakes].join('\n  '), options);
    this.mistakes = mistakes;
  }
}

/** Reads a world from YAML text. Throws WorldError; `source` says in it where the text came from. */
export function parseWorld(text: string, source: string): World {
  const world = parsed(text, worldSchema, source);
  checkRules(world, source);
  return world;
}

/**
 * The same world with the accounts of a YAML or JSON text in the place of its own. Throws WorldError, also where
 * the rest of the world cannot be without what is left out.
 */
export function withAccounts(world: World, text: string, source: string): World {
  const changed = { ...world, accounts: parsed(text, accountsSchema, source) };
  checkRules(changed, source);
  return changed;
}

function parsed<T>(text: string, schema: ZodType<T>, source: string): T {
  const document = parseDocument(text);
  if (document.errors.length > 0) {
    throw refusal(
      source,
      document.errors.map((error) => error.message),
    );
  }
  const read = schema.safeParse(document.toJS());
  if (read.success) return read.data;
  throw refusal(
    source,
    read.error.issues.map((issue) => `${issue.path.join('.') || 'the whole text'}: ${issue.message}`),
  );
}

function checkRules(world: World, source: string): void {
  const broken = brokenRules(world);
  if (broken.length > 0) throw refusal(source, broken);
}

/** Reads a world file. Throws WorldError, also where there is no file to read. */
export async function readWorld(file: string): Promise<World> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new WorldError(`${file} cannot be read (${cause.code ?? cause.name})`, [], { cause });
  });
  return parseWorld(text, file);
}

function refusal(source: string, mistakes: readonly string[]): WorldError {
  return new WorldError(`${source} is not a usable world:`, mistakes);
}
