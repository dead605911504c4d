/**
 * How Kubernetes names namespaces (DNS labels) and the other objects that are named here (DNS subdomains).
 * Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/.
 */
export const namespaceName = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
export const objectName = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
