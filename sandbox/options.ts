import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535).default(0);

const optionsSchema = z.object({
  world: z.string({ error: 'the YAML file of the world is required' }).min(1),
  // The files in it are told to clients and registries, which may run elsewhere.
  'state-dir': z
    .string({ error: 'a directory for certificates and keys is required' })
    .min(1)
    .transform((directory) => resolve(directory)),
  'time-scale': z.coerce.number().min(1).default(1),
  'edge-port': port,
  'metadata-port': port,
  'control-port': port,
});

export type Options = z.output<typeof optionsSchema>;

const usage = `usage: node sandbox/main.ts --world FILE --state-dir DIR [--time-scale N]
         [--edge-port N] [--metadata-port N] [--control-port N]`;

/** A command line that cannot be used; the message says how it is meant. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Port 0, the default, chooses a free one. Throws UsageError. */
export function readOptions(args: readonly string[]): Options {
  const text = { type: 'string' } as const;
  const names = Object.keys(optionsSchema.shape);
  try {
    const options = Object.fromEntries(names.map((name) => [name, text]));
    return optionsSchema.parse(parseArgs({ args: [...args], options }).values);
  } catch (cause) {
    throw new UsageError(`${reasonOf(cause)}\n${usage}`, { cause });
  }
}

function reasonOf(cause: unknown): string {
  if (cause instanceof z.ZodError) {
    return cause.issues.map((issue) => `--${issue.path.join('.')}: ${issue.message}`).join('\n');
  }
  return cause instanceof Error ? cause.message : String(cause);
}
