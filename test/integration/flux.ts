import { z } from 'zod';
import { askProgram } from '../real-parts/ask-program.ts';
import { found, kind, type GitOpsTool } from './gitops-tools.ts';

/** Of a Kustomization's `spec.ignore`: what Flux leaves as it is in the cluster. */
export interface FluxIgnore {
  readonly target: Readonly<Record<string, string>>;
  readonly paths: readonly string[];
}

const answer = z.object({ action: z.enum(['created', 'configured', 'unchanged']) });

/** Flux's own code, as its kustomize-controller calls it. */
export function flux(kubeConfigFile: string, ignore: readonly FluxIgnore[] = []): GitOpsTool {
  return async (api, manifest) => {
    const before = await found(api, manifest);
    const question = { object: { ...kind, ...manifest }, ignore };
    const said = await askProgram('flux-apply', [`--kubeconfig=${kubeConfigFile}`], question);
    const { action } = answer.parse(said);
    return { before, after: await found(api, manifest), wrote: action !== 'unchanged' };
  };
}
