import { isSelected, type Selection } from './selection.ts';

/** Those of Kubernetes itself. Nothing but kube-system usually runs anything, so the others count where named. */
const systemNamespaces = ['kube-system', 'kube-public', 'kube-node-lease'];

/** A warning, where the selection takes in namespaces of the system, whose images it could break. */
export function noticeOnSystemNamespaces(selection: Selection): readonly string[] {
  const selected = systemNamespaces.filter(
    (name) =>
      isSelected(selection, name, { 'kubernetes.io/metadata.name': name }) &&
      (name === 'kube-system' || selection.included.names.has(name)),
  );
  if (selected.length === 0) return [];
  return [
    `watch-namespace takes in ${selected.join(', ')}, where a pull secret may keep images of the system from ` +
      'being pulled; leave it out, as in all,!kube-system',
  ];
}
