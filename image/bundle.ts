import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { packageDirectories } from './bundled-packages.ts';
import { thirdPartyNotices } from './third-party-notices.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The whole add-on in one file, which needs Node and nothing else. */
export interface Bundle {
  readonly programFile: string;
  /** What the licences of the bundled packages ask to be kept with them. */
  readonly noticesFile: string;
  /** Folders of the npm packages with code in the bundle, such as `node_modules/zod`. */
  readonly packageDirectories: readonly string[];
}

// Among the bundled packages are CommonJS ones that call require() for parts of Node; in an ES module there is
// no such function, and the bundler's own stand-in for it would throw.
const requireForCommonJs =
  "import{createRequire as requireFrom}from'node:module';const require=requireFrom(import.meta.url);";

/**
 * Bundles `bin/acr-credential-helper.ts`, with the version that package.json has, into a directory. Functions keep their
 * names, so that a stack trace says something without the source map, which stays beside the bundle and out of the
 * image: it is three times as large as the program, and can be made again from the same commit.
 */
export async function writeBundle(directory: string): Promise<Bundle> {
  const programFile = join(directory, 'acr-credential-helper.mjs');
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['bin/acr-credential-helper.ts'],
    outfile: programFile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    minify: true,
    keepNames: true,
    legalComments: 'external',
    sourcemap: 'external',
    metafile: true,
    logLevel: 'warning',
    banner: { js: requireForCommonJs },
  });
  const directories = packageDirectories(metafile);
  const noticesFile = join(directory, 'THIRD-PARTY-NOTICES.txt');
  mkdirSync(directory, { recursive: true });
  writeFileSync(
    noticesFile,
    thirdPartyNotices(
      directories.map((name) => join(root, name)),
      readFileSync(`${programFile}.LEGAL.txt`, 'utf8'),
    ),
  );
  return { programFile, noticesFile, packageDirectories: directories };
}
