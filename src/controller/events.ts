import type { ClusterEvent } from '../kubernetes/event-recorder.ts';
import { configMaps, namespaces, pods, serviceAccounts } from '../kubernetes/resource.ts';
import type { RegistryLogin } from '../logins/registry-login.ts';
import { largestDockerConfigBytes, type HostContest, type LeftOut } from '../pull-secrets/settle-logins.ts';
import {
  isWorthRestarting,
  type ObservedPod,
  type PodOrigin,
  type WaitingCause,
} from '../pull-secrets/waiting-pod.ts';
import { whyNotAsked } from '../pull-secrets/webhook-registration.ts';
import type { Remark } from './configuration.ts';
import { shortList } from './short-list.ts';

const remarkReasons = {
  problem: 'ConfigurationProblem',
  notice: 'ConfigurationNotice',
  refused: 'ConfigurationRefused',
  waiting: 'ConfirmationNeeded',
} as const satisfies Record<Remark['kind'], string>;

/** The ConfigMap with the configuration. */
export interface ConfigurationObject {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** A Namespace or a ServiceAccount. */
interface NamedObject {
  readonly name: string;
  readonly uid: string;
}

interface Trouble {
  readonly code: string;
  readonly message: string;
}

/** What was found in the configuration when it was read. */
export function configurationEvent(about: ConfigurationObject, { kind, text: note }: Remark): ClusterEvent {
  return { ...onConfiguration(about), type: 'Warning', reason: remarkReasons[kind], note };
}

/** `message` may hold a request id, so an Event of its own is made only where `topic` is another. */
export function loginNotMinted(
  about: ConfigurationObject,
  instance: string,
  { code, message, topic }: Trouble & { readonly topic: string },
): ClusterEvent {
  const note = `${instance}: ${code}: ${message}`;
  return {
    ...onConfiguration(about),
    type: 'Warning',
    reason: 'LoginNotMinted',
    note,
    topic: `${instance} ${topic}`,
  };
}

/** What was told of the instance before is over. Each login is told of by itself, so that the latest word is the newest. */
export function loginMinted(
  about: ConfigurationObject,
  { instanceKey, expiresAtMs }: Pick<RegistryLogin, 'instanceKey' | 'expiresAtMs'>,
): ClusterEvent {
  const note = `${instanceKey} works again: its login is good until ${new Date(expiresAtMs).toISOString()}`;
  return { ...onConfiguration(about), type: 'Normal', reason: 'LoginMinted', note };
}

/** Told as long as it lasts, with each try to get a new one. */
export function loginExpired(about: ConfigurationObject, instance: string): ClusterEvent {
  const note = `the login of ${instance} has expired and no new one could be had: its images cannot be pulled`;
  return { ...onConfiguration(about), type: 'Warning', reason: 'LoginExpired', note };
}

const notAskedReasons = { missing: 'WebhookNotRegistered', untrusted: 'WebhookNotTrusted' } as const;

/** Told as long as it lasts. */
export function webhookNotAsked(about: ConfigurationObject, why: keyof typeof whyNotAsked): ClusterEvent {
  return {
    ...onConfiguration(about),
    type: 'Warning',
    reason: notAskedReasons[why],
    note: `${whyNotAsked[why]}.`,
  };
}

export function hostsContested(about: ConfigurationObject, contest: HostContest): ClusterEvent {
  const { hosts, claimedBy, keptBy } = contest;
  const outcome = keptBy === undefined ? 'none of them gets it' : `${keptBy}, which had it before, keeps it`;
  const note =
    `${shortList(hosts, hostsInNote)} is claimed by ${claimedBy.join(' and ')}: ${outcome}. ` +
    'Give all but one of these entries a list of domains without it (domains: "…"), or remove them.';
  return { ...onConfiguration(about), type: 'Warning', reason: 'HostsContested', note };
}

export function noRoomForLogin(about: ConfigurationObject, { instanceKey, hosts }: LeftOut): ClusterEvent {
  const note =
    `${hosts} hosts of ${instanceKey} do not fit into a Secret, which may have ${largestDockerConfigBytes} bytes: ` +
    'they are left out, and what was served before goes on. List the domains that are needed (domains: "…").';
  const topic = instanceKey;
  return { ...onConfiguration(about), type: 'Warning', reason: 'NoRoomForLogin', note, topic };
}

const hostsInNote = 5;

/** What the Secret held before is gone, so its people should learn why. */
export function pullSecretReplaced(namespace: NamedObject, why: string): ClusterEvent {
  const note = `the Secret with the pull secret's name was deleted and made anew: ${why}`;
  return { ...onNamespace(namespace), type: 'Warning', reason: 'PullSecretReplaced', note };
}

/** A quota, a policy or a missing right is in the way. */
export function pullSecretNotWritten(namespace: NamedObject, { code, message }: Trouble): ClusterEvent {
  const note = `the pull secret could not be written: ${code}: ${message}`;
  return { ...onNamespace(namespace), type: 'Warning', reason: 'PullSecretNotWritten', note, topic: code };
}

/** `serviceAccount` left out: it is the Secret. Told as long as it lasts. */
export function changedBackEachTime(
  namespace: NamedObject,
  serviceAccount: string | undefined,
): ClusterEvent {
  const what = serviceAccount === undefined ? 'the pull secret' : `the service account ${serviceAccount}`;
  const note =
    `somebody else changes ${what} back each time it is written, so it is written with pauses of up to a minute. ` +
    'kubectl get with -o yaml --show-managed-fields tells who it is.';
  return { ...onNamespace(namespace), type: 'Warning', reason: 'ChangedBackEachTime', note };
}

export function serviceAccountNotPatched(
  namespace: string,
  { name, uid }: NamedObject,
  { code, message }: Trouble,
): ClusterEvent {
  const regarding = { resource: serviceAccounts, namespace, name, uid };
  const note = `imagePullSecrets could not be changed: ${code}: ${message}`;
  return { regarding, type: 'Warning', reason: 'ServiceAccountNotPatched', note, topic: code };
}

/** Told as long as it lasts. */
export function podCannotPull(
  pod: ObservedPod,
  { images, cause }: { readonly images: readonly string[]; readonly cause: WaitingCause },
  isToBeRestarted: boolean,
): ClusterEvent {
  const { namespace, name, uid, serviceAccount } = pod;
  const why =
    cause === 'older'
      ? `was created before the service account ${serviceAccount} had the pull secret`
      : `has imagePullSecrets of its own, without the pull secret of the service account ${serviceAccount}`;
  const help =
    isToBeRestarted && isWorthRestarting(pod, cause)
      ? 'It is deleted, so that its controller makes one that can.'
      : remedy(pod, cause);
  return {
    regarding: { resource: pods, namespace, name, uid },
    type: 'Warning',
    reason: 'PodCannotPull',
    note: `this Pod ${why}, so it can never pull ${shortList(images, imagesInNote)}. ${help}`,
    topic: cause,
  };
}

const imagesInNote = 3;

function remedy({ origin }: ObservedPod, cause: WaitingCause): string {
  if (cause === 'own list')
    return 'Add the pull secret to that list, or leave the list out, in its template.';
  return remedies[origin.kind];
}

const remedies: Readonly<Record<PodOrigin['kind'], string>> = {
  replaced: 'Delete it: its controller makes one that can.',
  counted:
    'It is left to you: what made it may count a deleted Pod as a failure. Delete it where that does no harm.',
  static: 'It is a static Pod: its file on the node has to name the pull secret.',
  bare: 'Nothing makes it anew: delete it and create it again.',
};

function onNamespace({ name, uid }: NamedObject): Pick<ClusterEvent, 'regarding'> {
  return { regarding: { resource: namespaces, name, uid } };
}

function onConfiguration({ namespace, name, uid }: ConfigurationObject): Pick<ClusterEvent, 'regarding'> {
  return { regarding: { resource: configMaps, namespace, name, uid } };
}
