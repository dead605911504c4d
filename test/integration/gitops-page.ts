import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

const page = readFileSync(new URL('../../docs/gitops.md', import.meta.url), 'utf8');

/** What docs/gitops.md has its readers paste from the section of that heading, in its order. */
export function pastedFrom(heading: string): readonly unknown[] {
  const [, section = ''] = page.split(`\n## ${heading}\n`);
  const [own = ''] = section.split('\n## ');
  return [...own.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text = '']): unknown => parse(text));
}
