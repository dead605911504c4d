import { readFile } from 'node:fs/promises';
import { parseDocument } from 'yaml';
import { worldSchema, type World } from './world.ts';
import { brokenRules } from './world-rules.ts';

/** A world that cannot be used; the message has one line per mistake, each naming the path it is about. */
export class WorldError extends Error {
  override readonly name = 'WorldError';
}

/** Reads a world from YAML text. Throws WorldError; `source` says in it where the text came from. */
export function parseWorld(text: string, source: string): World {
  const document = parseDocument(text);
  if (document.errors.length > 0) {
    throw refusal(
      source,
      document.errors.map((error) => error.message),
    );
  }
  const read = worldSchema.safeParse(document.toJS());
  if (!read.success) {
    throw refusal(
      source,
      read.error.issues.map((issue) => `${issue.path.join('.') || 'the whole file'}: ${issue.message}`),
    );
  }
  const broken = brokenRules(read.data);
  if (broken.length > 0) throw refusal(source, broken);
  return read.data;
}

/** Reads a world file. Throws WorldError, also where there is no file to read. */
export async function readWorld(file: string): Promise<World> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new WorldError(`${file} cannot be read (${cause.code ?? cause.name})`, { cause });
  });
  return parseWorld(text, file);
}

function refusal(source: string, mistakes: readonly string[]): WorldError {
  return new WorldError([`${source} is not a usable world:`, ...mistakes].join('\n  '));
}
