/** On a Namespace, a ServiceAccount, or a Pod with pull secrets of its own. */
const optOutAnnotation = 'acr-credential-helper/ignore';

/** Whether the object's own people have taken it out of scope, whatever the configuration says. */
export function isOptedOut(annotations: Readonly<Record<string, string>> | undefined): boolean {
  return annotations?.[optOutAnnotation] === 'true';
}
