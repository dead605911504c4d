/** What an RPC call asks for. */
export type CalledOperation =
  | { readonly kind: 'named'; readonly name: string; readonly version: string }
  /** This header and the parameter of the same meaning say different things. */
  | { readonly kind: 'contradictory'; readonly header: string };

interface Named {
  get(name: string): string | null | undefined;
}

/** A header, and the parameter of the same meaning. */
type Place = readonly [header: string, parameter: string];

const action: Place = ['x-acs-action', 'Action'];
const version: Place = ['x-acs-version', 'Version'];

/**
 * Reads operation and version where the call's signature covers them: V1 signs the parameters and no header, so
 * that a header there may only repeat what a parameter says; newer signatures are of headers and parameters, and
 * either may name them. Which one the cloud follows where the two differ is unknown: that is in no call of an SDK,
 * and refused. What is left out is an empty text.
 */
export function calledOperation(headers: Headers, parameters: Named): CalledOperation {
  const isContradicted = ([header, parameter]: Place): boolean => {
    const [inHeader, inParameter] = [headers.get(header), parameters.get(parameter) ?? null];
    return inHeader !== null && inParameter !== null && inHeader !== inParameter;
  };
  const contradicted = [action, version].find(isContradicted);
  if (contradicted !== undefined) return { kind: 'contradictory', header: contradicted[0] };
  const isHeaderSigned = headers.has('authorization');
  const read = ([header, parameter]: Place): string =>
    parameters.get(parameter) ?? (isHeaderSigned ? headers.get(header) : null) ?? '';
  return { kind: 'named', name: read(action), version: read(version) };
}
