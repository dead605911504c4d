import { KubeConfig } from '@kubernetes/client-node';
import { Failure } from '../failures/failure.ts';

/** How the add-on reaches the cluster: the file that was named, or the pod's own service account; no search. */
export function addOnKubeConfig(file: string | undefined): KubeConfig {
  if (file !== undefined) return kubeConfigFromFile(file);
  const kubeConfig = new KubeConfig();
  try {
    kubeConfig.loadFromCluster();
    return kubeConfig;
  } catch (cause) {
    const text = 'this is no pod with a service account; name a kubeconfig with --kubeconfig';
    throw new Failure('FLAGS_INVALID', text, { cause });
  }
}

/** How an operator reaches it: the file that was named, else the one that kubectl would use. */
export function operatorsKubeConfig(file: string | undefined): KubeConfig {
  if (file !== undefined) return kubeConfigFromFile(file);
  const kubeConfig = new KubeConfig();
  try {
    kubeConfig.loadFromDefault();
    return kubeConfig;
  } catch (cause) {
    const text = 'the kubeconfig that kubectl would use cannot be read; name one with --kubeconfig';
    throw new Failure('FLAGS_INVALID', text, { cause });
  }
}

function kubeConfigFromFile(file: string): KubeConfig {
  const kubeConfig = new KubeConfig();
  try {
    kubeConfig.loadFromFile(file);
    return kubeConfig;
  } catch (cause) {
    const text = `--kubeconfig is "${file}", which is no readable kubeconfig`;
    throw new Failure('FLAGS_INVALID', text, { cause });
  }
}
