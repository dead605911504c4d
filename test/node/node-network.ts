/** Addresses that exist only in a node's own network namespace. */
export const nodeNetwork = {
  /** The node's own, on a bridge without ports: a kubelet wants one that is not loopback. */
  node: '10.200.0.1',
  /** Where there would be a way out, if there was one. */
  gateway: '10.200.0.254',
  /** The service `kubernetes`, which Pods are told of. It is an address of the node, so that no kube-proxy is needed. */
  apiServer: '10.0.0.1',
  /** As on each ECS machine. */
  metadata: '100.100.100.200',
  /** Where Pods and containerd find the proxy to the cloud. */
  proxyPort: 3128,
  pods: '10.201.0.0/24',
} as const;
