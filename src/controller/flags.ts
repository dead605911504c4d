import { writtenEndpoint, type EndpointNetwork, type WrittenEndpoint } from '../alibaba/endpoints.ts';
import { Failure } from '../failures/failure.ts';
import type { BrakeLimits } from '../pull-secrets/brake.ts';
import { readDuration } from '../settings/duration.ts';
import { commaList } from '../settings/comma-list.ts';
import { namespaceName, objectName } from '../settings/object-name.ts';
import { regionToWrite } from '../settings/region-name.ts';
import type { HealthAddress } from './health-server.ts';
import { waitingPodsModes, type WaitingPodsMode } from './waiting-pods.ts';

/** The flags about Alibaba Cloud, as they were written. */
export interface RawCloudFlags {
  readonly region?: string;
  readonly endpointNetwork?: string;
  readonly stsEndpoint?: string;
  readonly containerRegistryEndpoint?: string;
  readonly caFile?: string;
  readonly metadataEndpoint: string;
}

/** Where Alibaba Cloud is found, as the flags say it. */
export interface CloudFlags {
  readonly region: string | undefined;
  readonly endpointNetwork: EndpointNetwork | undefined;
  readonly stsEndpoint: WrittenEndpoint | undefined;
  readonly containerRegistryEndpoint: WrittenEndpoint | undefined;
  readonly caFile: string | undefined;
  readonly metadataEndpoint: URL;
}

/** The `controller` command's flags as they were written. */
export interface RawFlags extends RawCloudFlags {
  readonly kubeconfig?: string;
  readonly namespace: string;
  readonly configMap: string;
  readonly secretName: string;
  readonly leaseName: string;
  readonly adoptAttachments: boolean;
  readonly onlyNamespaces?: string;
  readonly healthAddress: string;
  readonly writeBudget: string;
  readonly brakeShare: string;
  readonly brakeCount: string;
  readonly waitingPods: string;
  readonly logLevel: string;
}

export interface Flags
  extends
    CloudFlags,
    Omit<
      RawFlags,
      | keyof RawCloudFlags
      | 'onlyNamespaces'
      | 'healthAddress'
      | 'writeBudget'
      | 'brakeShare'
      | 'brakeCount'
      | 'waitingPods'
      | 'logLevel'
    > {
  /** Undefined: all of them. */
  readonly onlyNamespaces: readonly string[] | undefined;
  readonly healthAddress: HealthAddress;
  readonly writeBudget: number;
  readonly brake: BrakeLimits;
  readonly waitingPods: WaitingPodsMode;
  readonly logLevel: LogLevel;
}

const logLevels = ['debug', 'info', 'warn', 'error'] as const;
type LogLevel = (typeof logLevels)[number];

/** Throws FLAGS_INVALID, naming the flag, what was found and what to write. */
export function checkFlags(raw: RawFlags): Flags {
  checkObjectNames(raw);
  return {
    ...raw,
    ...checkCloudFlags(raw),
    onlyNamespaces: namedNamespaces(raw.onlyNamespaces),
    healthAddress: listenAddress('--health-address', raw.healthAddress),
    writeBudget: writeBudget(raw.writeBudget),
    brake: brakeLimits(raw),
    waitingPods: oneOf(waitingPodsModes, '--waiting-pods', raw.waitingPods),
    logLevel: oneOf(logLevels, '--log-level', raw.logLevel),
  };
}

/** Throws FLAGS_INVALID, as `checkFlags`. */
export function checkCloudFlags(raw: RawCloudFlags): CloudFlags {
  checkRegion(raw.region);
  return {
    region: raw.region,
    endpointNetwork: endpointNetwork(raw.endpointNetwork),
    stsEndpoint: endpoint('--sts-endpoint', raw.stsEndpoint, 'sts-vpc'),
    containerRegistryEndpoint: endpoint(
      '--container-registry-endpoint',
      raw.containerRegistryEndpoint,
      'cr-vpc',
    ),
    caFile: raw.caFile,
    metadataEndpoint: metadataEndpoint(raw.metadataEndpoint),
  };
}

function checkRegion(region: string | undefined): void {
  if (region === undefined) return;
  const toWrite = regionToWrite(region);
  if (toWrite !== undefined) throw invalid('--region', region, toWrite);
}

/** The names of objects that several commands take. Throws FLAGS_INVALID, as `checkFlags`. */
export function checkObjectNames(
  raw: Pick<RawFlags, 'namespace' | 'secretName'> & Partial<Pick<RawFlags, 'configMap' | 'leaseName'>>,
): void {
  if (!namespaceName.test(raw.namespace)) {
    throw invalid('--namespace', raw.namespace, 'the name of a namespace');
  }
  for (const [flag, value] of [
    ['--config-map', raw.configMap],
    ['--secret-name', raw.secretName],
    ['--lease-name', raw.leaseName],
  ] as const) {
    if (value !== undefined && !objectName.test(value))
      throw invalid(flag, value, 'a Kubernetes object name');
  }
}

/** Of `--only-namespaces`; undefined: all of them. Throws FLAGS_INVALID, as `checkFlags`. */
export function namedNamespaces(value: string | undefined): readonly string[] | undefined {
  if (value === undefined) return undefined;
  const names = commaList(value);
  const wrong = names.find((name) => !namespaceName.test(name));
  if (wrong === undefined && names.length > 0) return names;
  const wanted = 'names of namespaces, separated by commas; what is chosen among them, watch-namespace says';
  throw invalid('--only-namespaces', wrong ?? value, wanted);
}

function endpointNetwork(value: string | undefined): EndpointNetwork | undefined {
  if (value === undefined || value === 'public' || value === 'vpc') return value;
  throw invalid('--endpoint-network', value, 'public or vpc');
}

function endpoint(flag: string, value: string | undefined, service: string): WrittenEndpoint | undefined {
  if (value === undefined) return undefined;
  const written = writtenEndpoint(value);
  if (written !== undefined) return written;
  throw invalid(flag, value, endpointToWrite(service));
}

/** What to write in place of something that is no endpoint. */
export function endpointToWrite(service: string): string {
  return `a host without a path, such as ${service}.{region}.aliyuncs.com; {region} stands for the region’s id`;
}

function metadataEndpoint(value: string): URL {
  const url = URL.parse(value);
  if (url !== null && url.protocol === 'http:') return url;
  throw invalid('--metadata-endpoint', value, 'a URL such as http://100.100.100.200');
}

/** Throws FLAGS_INVALID, as `checkFlags`. */
export function listenAddress(flag: string, value: string): HealthAddress {
  const { host, port } = /^(?<host>.*):(?<port>\d{1,5})$/.exec(value)?.groups ?? {};
  if (port !== undefined && Number(port) <= 65_535) {
    // An IPv6 address is written in brackets, which are no part of it.
    return { host: host?.replace(/^\[(.*)\]$/, '$1') || undefined, port: Number(port) };
  }
  throw invalid(flag, value, 'host:port, such as 127.0.0.1:8080, or :8080 for every address');
}

function writeBudget(value: string): number {
  if (/^[1-9]\d{0,3}$/.test(value)) return Number(value);
  throw invalid('--write-budget', value, 'a number of writes per second from 1 to 9999');
}

/** Throws FLAGS_INVALID, as `checkFlags`. */
export function brakeLimits({
  brakeShare,
  brakeCount,
}: Pick<RawFlags, 'brakeShare' | 'brakeCount'>): BrakeLimits {
  const percent = Number(/^(?<number>\d{1,3})%?$/.exec(brakeShare)?.groups?.['number']);
  if (!(percent <= 100)) throw invalid('--brake-share', brakeShare, 'a percentage from 0 to 100, such as 30');
  if (!/^\d{1,9}$/.test(brakeCount)) throw invalid('--brake-count', brakeCount, 'a number such as 10');
  return { share: percent / 100, count: Number(brakeCount) };
}

/** In milliseconds. Throws FLAGS_INVALID, as `checkFlags`. */
export function checkDuration(flag: string, value: string): number {
  const reading = readDuration(value);
  if (reading.kind === 'read') return reading.ms;
  throw new Failure('FLAGS_INVALID', `${flag} is "${value}"; ${reading.fix}`);
}

function oneOf<T extends string>(choices: readonly T[], flag: string, value: string): T {
  const choice = choices.find((one) => one === value);
  if (choice !== undefined) return choice;
  throw invalid(flag, value, `one of ${choices.join(', ')}`);
}

export function invalid(flag: string, found: string, wanted: string): Failure {
  return new Failure('FLAGS_INVALID', `${flag} is "${found}"; write ${wanted}`);
}
