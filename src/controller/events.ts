import type { ClusterEvent } from '../kubernetes/event-recorder.ts';
import { configMaps } from '../kubernetes/resource.ts';
import type { Remark } from './configuration.ts';

const remarkReasons = {
  problem: 'ConfigurationProblem',
  notice: 'ConfigurationNotice',
  refused: 'ConfigurationRefused',
} as const satisfies Record<Remark['kind'], string>;

/** The ConfigMap with the configuration. */
export interface ConfigurationObject {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** What was found in the configuration when it was read. */
export function configurationEvent(about: ConfigurationObject, { kind, text: note }: Remark): ClusterEvent {
  return { ...onConfiguration(about), type: 'Warning', reason: remarkReasons[kind], note };
}

/** `message` may hold a request id, so it does not make an Event of its own each time. */
export function loginNotMinted(
  about: ConfigurationObject,
  instance: string,
  { code, message }: { readonly code: string; readonly message: string },
): ClusterEvent {
  const note = `${instance}: ${code}: ${message}`;
  const topic = `${instance} ${code}`;
  return { ...onConfiguration(about), type: 'Warning', reason: 'LoginNotMinted', note, topic };
}

function onConfiguration({ namespace, name, uid }: ConfigurationObject): Pick<ClusterEvent, 'regarding'> {
  return { regarding: { resource: configMaps, namespace, name, uid } };
}
