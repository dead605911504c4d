import { Refusal } from './refusal.ts';

/** What an RPC call asks for. */
export type CalledOperation =
  | NamedOperation
  /** This header and the parameter of the same meaning say different things. */
  | { readonly kind: 'contradictory'; readonly header: string };

interface NamedOperation {
  readonly kind: 'named';
  readonly name: string;
  readonly version: string;
}

interface Named {
  get(name: string): string | null | undefined;
}

/** A header, and the parameter of the same meaning. */
type Place = readonly [header: string, parameter: string];

const action: Place = ['x-acs-action', 'Action'];
const version: Place = ['x-acs-version', 'Version'];

/**
 * Reads operation and version where the call's signature covers them: V1 signs the parameters and no header, so
 * that a header there may only repeat what a parameter says. Newer signatures are of headers and parameters, and
 * either may name them, as they may in a call without a signature. Which one the cloud follows where the two differ is unknown: that is in no call of an SDK,
 * and refused. What is left out is an empty text.
 */
export function calledOperation(headers: Headers, parameters: Named): CalledOperation {
  const isContradicted = ([header, parameter]: Place): boolean => {
    const [inHeader, inParameter] = [headers.get(header), parameters.get(parameter) ?? null];
    return inHeader !== null && inParameter !== null && inHeader !== inParameter;
  };
  const contradicted = [action, version].find(isContradicted);
  if (contradicted !== undefined) return { kind: 'contradictory', header: contradicted[0] };
  const isHeaderHeard = (parameters.get('Signature') ?? null) === null;
  const read = ([header, parameter]: Place): string =>
    parameters.get(parameter) ?? (isHeaderHeard ? headers.get(header) : null) ?? '';
  return { kind: 'named', name: read(action), version: read(version) };
}

/** The same for who has to answer. Throws Refusal where the call contradicts itself. */
export function requireOperation(headers: Headers, parameters: Named): NamedOperation {
  const called = calledOperation(headers, parameters);
  if (called.kind === 'named') return called;
  throw new Refusal('InvalidParameter', `The header ${called.header} and the parameter differ.`);
}
