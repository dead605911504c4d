import { AdmissionregistrationV1Api, type KubeConfig } from '@kubernetes/client-node';

/** Why what needs that resource is skipped; undefined where the API server serves it in v1. */
export async function whyNotServed(admin: KubeConfig, resource: string): Promise<string | undefined> {
  const { resources } = await admin.makeApiClient(AdmissionregistrationV1Api).getAPIResources();
  const isServed = resources.some(({ name }) => name === resource);
  return isServed ? undefined : `this API server has no ${resource} in admissionregistration.k8s.io/v1`;
}

/** Why what only a version has that the chart installs on is skipped; undefined on such a version. */
export async function whyTooOld(admin: KubeConfig): Promise<string | undefined> {
  const why = await whyNotServed(admin, 'validatingadmissionpolicies');
  return why && `${why}, and so is older than what the chart installs on`;
}
