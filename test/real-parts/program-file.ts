import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ownBinaries = fileURLToPath(new URL('../../.cache/bin', import.meta.url));

/** A real part that `make` builds. */
export type PartName =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kubelet'
  | 'kubectl'
  | 'pause'
  | 'registry'
  | 'crane'
  | 'docker-credential-acr-helper'
  | 'sdk-login'
  | 'image-layout'
  | 'validate-sbom'
  | 'lint-dockerfile'
  | 'cert-manager'
  | 'helm3'
  | 'helm4'
  | 'flux-apply'
  | 'argo-cd-diff';

/** Where the part's program is: in `KUBEBUILDER_ASSETS` if it has it, else among those built here. */
export function programFile(name: PartName): string {
  const assets = process.env['KUBEBUILDER_ASSETS'];
  const places = assets === undefined || assets === '' ? [ownBinaries] : [assets, ownBinaries];
  const file = places.map((place) => join(place, name)).find(isExecutable);
  if (file !== undefined) return file;
  throw new Error(`${name} is not there yet; build it with: make .cache/bin/${name}`);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
