import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const licenceFile = /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i;

interface PackageDescription {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/**
 * The licence texts of npm packages, and the legal comments that the bundler took out of their code. A package without
 * a licence file stands there with what its package.json says.
 */
export function thirdPartyNotices(packageDirectories: readonly string[], legalComments: string): string {
  const texts = packageDirectories.map((directory) => {
    const description = JSON.parse(
      readFileSync(join(directory, 'package.json'), 'utf8'),
    ) as PackageDescription;
    const files = readdirSync(directory).filter((name) => licenceFile.test(name));
    const title = `${description.name} ${description.version} (${description.license ?? 'no licence stated'})`;
    return [title, ...files.toSorted().map((name) => readFileSync(join(directory, name), 'utf8').trim())];
  });
  return [...texts, ['Comments in the code', legalComments.trim()]]
    .map((paragraphs) => `${paragraphs.join('\n\n')}\n`)
    .join(`\n${'='.repeat(80)}\n\n`);
}
