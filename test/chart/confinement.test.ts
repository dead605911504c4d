import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';

const plain = new URL('../../deploy/confinement.yaml', import.meta.url);
const templates = new URL('../../charts/acr-credential-helper/templates/confinement/', import.meta.url);

/** All that the templates take from outside; with the values' defaults it is what `deploy/` has in plain text. */
const filledIn: readonly (readonly [string, string])[] = [
  ['{{ include "acr.name" . }}', 'aliyun-acr-credential-helper'],
  ['{{ include "acr.user" . }}', 'system:serviceaccount:kube-system:aliyun-acr-credential-helper'],
  ['{{ .Release.Namespace }}', 'kube-system'],
  ['{{ .Values.pullSecretName }}', 'acr-credential-secret-aggregation'],
  ['{{- if .Values.confinement.enabled }}', ''],
  ['{{- end }}', ''],
  ['  labels:\n    {{- include "acr.labels" . | nindent 4 }}\n', ''],
];

function documents(text: string): readonly unknown[] {
  const all = parseAllDocuments(text).map((document) => document.toJS() as { metadata: { name: string } });
  return all.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
}

it('is in the chart the same as in deploy/, but for what the values say', () => {
  const texts = readdirSync(templates).map((name) => readFileSync(new URL(name, templates), 'utf8'));
  const text = filledIn.reduce((so, [from, to]) => so.replaceAll(from, to), texts.join('---\n'));
  expect(text).not.toContain('{{');
  expect(documents(text)).toEqual(documents(readFileSync(plain, 'utf8')));
});
