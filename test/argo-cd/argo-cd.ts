import { z } from 'zod';
import type { V1ServiceAccount } from '@kubernetes/client-node';
import { pastedFrom } from '../integration/gitops-page.ts';
import { kind, type Manifest } from '../integration/gitops-tools.ts';
import { askProgram } from '../real-parts/ask-program.ts';

/** What an operator has told Argo CD. */
export interface ArgoSettings {
  /** The spec of the Application. */
  readonly application: Readonly<Record<string, unknown>>;
  /** The data of the ConfigMap argocd-cm. */
  readonly argocdCm: Readonly<Record<string, string>>;
}

export const noSettings: ArgoSettings = { application: {}, argocdCm: {} };

const pasted = z.tuple([
  z.object({ spec: z.record(z.string(), z.unknown()) }),
  z.object({ data: z.record(z.string(), z.string()) }),
]);

/** The two ways that docs/gitops.md gives, as it gives them. */
export function settingsOfThePage() {
  const [inApplication, inConfigMap] = pasted.parse(pastedFrom('Argo CD'));
  return {
    inApplication: { ...noSettings, application: inApplication.spec },
    inConfigMap: { ...noSettings, argocdCm: inConfigMap.data },
  };
}

const answer = z.object({ status: z.enum(['Synced', 'OutOfSync']) });

/** What Argo CD's own code says of an object of the cluster that it has applied from the manifest. */
export async function argoStatus(
  settings: ArgoSettings,
  manifest: Manifest,
  live: V1ServiceAccount,
): Promise<'Synced' | 'OutOfSync'> {
  const question = { ...settings, target: { ...kind, ...manifest }, live };
  return answer.parse(await askProgram('argo-cd-diff', [], question)).status;
}
