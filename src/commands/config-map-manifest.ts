import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { observedConfigMap, type ObservedConfigMap } from '../controller/observed-objects.ts';
import { Failure } from '../failures/failure.ts';

const manifest = z.object({
  kind: z.literal('ConfigMap'),
  metadata: z.object({
    name: z.string(),
    namespace: z.string().optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  data: z.record(z.string(), z.unknown()).nullish(),
});

/**
 * What is kept of one ConfigMap in a file of manifests, YAML or JSON, among whatever else is there.
 * Throws MANIFEST_INVALID, without quoting the file, since it may hold an access key.
 */
export function configMapInManifest(
  text: string,
  wanted: { readonly namespace: string; readonly name: string },
): Omit<ObservedConfigMap, 'uid'> {
  const documents = parseAllDocuments(text, { prettyErrors: false });
  const [line] = documents.flatMap(({ errors }) => errors.map(({ pos }) => lineAt(text, pos[0])));
  if (line !== undefined) throw invalid(`line ${line} of the file is no YAML`);
  const configMaps = documents.flatMap((document) => {
    const { success, data } = manifest.safeParse(document.toJS());
    if (!success) return [];
    const { name, namespace = wanted.namespace } = data.metadata;
    return name === wanted.name && namespace === wanted.namespace ? [data] : [];
  });
  const [only, another] = configMaps;
  const where = `${wanted.namespace}/${wanted.name}`;
  if (only === undefined) throw invalid(`the file has no ConfigMap ${where}`);
  if (another !== undefined) throw invalid(`the file has the ConfigMap ${where} more than once`);
  const data = Object.entries(only.data ?? {}).map(([key, value]) => [key, textOf(key, value)] as const);
  const { name, annotations = {} } = only.metadata;
  return observedConfigMap({ metadata: { name, annotations }, data: Object.fromEntries(data) });
}

/** The API server takes nothing but text here either. */
function textOf(key: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw invalid(`data.${key} is no text; put it in quotes, or begin it with a | and indent it`);
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

function invalid(message: string): Failure {
  return new Failure('MANIFEST_INVALID', message);
}
