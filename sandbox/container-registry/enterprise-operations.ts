import type { Caller } from '../credentials/caller.ts';
import { missingParameter, Refusal } from '../gateway/refusal.ts';
import type { Lifetimes } from '../lifetimes.ts';
import type { AskedRight } from '../ram/authorize.ts';
import { instanceRef, type EnterpriseInstance, type World } from '../world/world.ts';
import type { AuthorizationTokens } from './authorization-tokens.ts';
import { rightOnEverything, rightOnInstance } from './asked-right.ts';
import { domainsOf, type EndpointType } from './instance-domains.ts';
import { tokenExpiryMs } from './token-lifetime.ts';

/** One call of the Enterprise API, its caller known. */
export interface EnterpriseCall {
  readonly world: World;
  readonly tokens: AuthorizationTokens;
  readonly lifetimes: Lifetimes;
  readonly caller: Caller;
  /** Of the endpoint that was called: an instance of another region is not there. */
  readonly regionId: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly nowMs: number;
}

/** What goes into the answer besides the request id; always with HTTP 200. */
export type EnterpriseAnswer = { readonly IsSuccess: boolean; readonly Code: string } & Readonly<
  Record<string, unknown>
>;

export interface Operation {
  /** What RAM is asked for before the call is answered. Throws Refusal where the call does not name its instance. */
  readonly right: (call: EnterpriseCall) => AskedRight;
  readonly answer: (call: EnterpriseCall) => EnterpriseAnswer;
}

/** Container Registry 2018-12-01, as far as the sandbox goes. Source: the API's reference and public SDKs. */
export const enterpriseOperations: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  [
    'GetAuthorizationToken',
    {
      right: (call) => rightOnEverything('cr:GetAuthorizationToken', call, [instanceIdOf(call.parameters)]),
      answer: getAuthorizationToken,
    },
  ],
  [
    'ListInstanceEndpoint',
    {
      right: (call) => rightOnInstance('cr:ListInstanceEndpoint', call, instanceIdOf(call.parameters)),
      answer: listInstanceEndpoint,
    },
  ],
  [
    'GetInstance',
    {
      right: (call) => rightOnInstance('cr:GetInstance', call, instanceIdOf(call.parameters)),
      answer: getInstance,
    },
  ],
  [
    'ListInstance',
    {
      // Whether the cloud would leave out an instance that is denied is unknown: here one denies the list.
      right: (call) =>
        rightOnEverything('cr:ListInstance', call, ['*', ...instancesOf(call).map(({ id }) => id)]),
      answer: listInstance,
    },
  ],
]);

/** Throws Refusal where the call names none. */
function instanceIdOf(parameters: ReadonlyMap<string, string>): string {
  const id = parameters.get('InstanceId');
  if (id === undefined || id === '') throw missingParameter('InstanceId');
  return id;
}

function getAuthorizationToken(call: EnterpriseCall): EnterpriseAnswer {
  const instance = findInstance(call);
  if (instance === undefined) return notFound;
  // How the cloud answers for an instance that does not run is unknown.
  if (instance.status !== 'RUNNING') return failure('INSTANCE_STATUS_INVALID', 'the instance does not run');
  const expiresAtMs = tokenExpiryMs(call.caller, call.lifetimes, call.nowMs);
  const grant = { instance: instanceRef(instance), caller: call.caller, expiresAtMs };
  const { userName, token } = call.tokens.issue(grant);
  return success({ TempUsername: userName, AuthorizationToken: token, ExpireTime: expiresAtMs });
}

function listInstanceEndpoint(call: EnterpriseCall): EnterpriseAnswer {
  const instance = findInstance(call);
  if (instance === undefined) return notFound;
  const moduleName = call.parameters.get('ModuleName') ?? 'Registry';
  if (!['Registry', 'Chart'].includes(moduleName)) throw invalidParameter('ModuleName');
  // Worlds have no chart repositories; which domains the cloud lists for them is unknown.
  const types: readonly EndpointType[] = moduleName === 'Registry' ? ['internet', 'vpc'] : [];
  return success({ Endpoints: types.map((type) => endpoint(instance, type)) });
}

/** A disabled endpoint keeps its domains in the list, so that a client has to look at `Enable`. */
function endpoint(instance: EnterpriseInstance, type: EndpointType): Readonly<Record<string, unknown>> {
  const isEnabled = instance.endpoints[type].enabled;
  return {
    EndpointType: type,
    Enable: isEnabled,
    Status: isEnabled ? 'RUNNING' : 'STOPPED',
    AclEnable: false,
    AclEntries: [],
    Domains: domainsOf(instance, type).map((one) => ({ Domain: one.domain, Type: one.type })),
    LinkedVpcs: type === 'vpc' ? instance.endpoints.vpc.linkedVpcs.map((VpcId) => ({ VpcId })) : [],
  };
}

function getInstance(call: EnterpriseCall): EnterpriseAnswer {
  const instance = findInstance(call);
  if (instance === undefined) return notFound;
  const createdAtMs = Date.parse(instance.createdAt);
  return success({ ...describe(instance), CreateTime: createdAtMs, ModifiedTime: createdAtMs });
}

function listInstance(call: EnterpriseCall): EnterpriseAnswer {
  const pageNo = pageNumber(call, 'PageNo', { fallback: 1, highest: 1_000_000 });
  const pageSize = pageNumber(call, 'PageSize', { fallback: 30, highest: 100 });
  const name = call.parameters.get('InstanceName') ?? '';
  const status = call.parameters.get('InstanceStatus') ?? '';
  const found = instancesOf(call).filter(
    // The name filter is known to match loosely; here it finds part of a name.
    (one) => one.name.includes(name) && (status === '' || one.status === status),
  );
  const page = found.slice((pageNo - 1) * pageSize, pageNo * pageSize);
  const Instances = page.map((one) => {
    const time = String(Date.parse(one.createdAt));
    return { ...describe(one), RegionId: one.regionId, CreateTime: time, ModifiedTime: time };
  });
  return success({ Instances, PageNo: pageNo, PageSize: pageSize, TotalCount: found.length });
}

function describe(instance: EnterpriseInstance): Readonly<Record<string, string>> {
  return {
    InstanceId: instance.id,
    InstanceName: instance.name,
    InstanceSpecification: instance.specification,
    InstanceStatus: instance.status,
  };
}

function instancesOf({ world, caller, regionId }: EnterpriseCall): readonly EnterpriseInstance[] {
  return world.instances
    .filter((one) => one.edition === 'enterprise')
    .filter((one) => one.account === caller.account && one.regionId === regionId);
}

function findInstance(call: EnterpriseCall): EnterpriseInstance | undefined {
  const id = instanceIdOf(call.parameters);
  return instancesOf(call).find((one) => one.id === id);
}

function pageNumber(
  { parameters }: EnterpriseCall,
  name: string,
  { fallback, highest }: { readonly fallback: number; readonly highest: number },
): number {
  const value = Number(parameters.get(name) ?? fallback);
  if (!Number.isInteger(value) || value < 1 || value > highest) throw invalidParameter(name);
  return value;
}

function invalidParameter(name: string): Refusal {
  return new Refusal('InvalidParameter', `The specified parameter "${name}" is not valid.`);
}

function success(fields: Readonly<Record<string, unknown>>): EnterpriseAnswer {
  return { ...fields, IsSuccess: true, Code: 'success' };
}

function failure(Code: string, Message: string): EnterpriseAnswer {
  return { IsSuccess: false, Code, Message };
}

/** The code is the one that public clients look for; the text is ours. */
const notFound = failure('INSTANCE_NOT_EXIST', 'the instance does not exist');
