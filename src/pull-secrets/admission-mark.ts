/**
 * On a ServiceAccount that admission has attached (docs/adr/0011): an attachment that a leader finds in a namespace
 * where none has been yet would be taken for its user's own mention.
 */
export const admissionMark = { name: 'acr-credential-helper/attached-by', value: 'admission' } as const;

export function isMarkedByAdmission(annotations: Readonly<Record<string, string>> | undefined): boolean {
  return annotations?.[admissionMark.name] === admissionMark.value;
}
