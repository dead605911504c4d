import { describe, expect, it } from 'vitest';
import { writtenEndpoint } from '../alibaba/endpoints.ts';
import { Failure } from '../failures/failure.ts';
import { cloudEndpoints, noticeOnNetworks } from './cloud-endpoints.ts';

type Flags = Partial<Parameters<typeof cloudEndpoints>[0]>;
type Environment = Parameters<typeof cloudEndpoints>[1];

const { signal } = new AbortController();
const noFlags = {
  region: undefined,
  endpointNetwork: undefined,
  stsEndpoint: undefined,
  containerRegistryEndpoint: undefined,
} as const;

function unknown(): Promise<string> {
  return Promise.reject(new Failure('REGION_UNKNOWN', 'neither nodes nor metadata say'));
}

function endpointsOf(flags: Flags, environment: Environment, clusterRegion = async () => 'cn-hangzhou') {
  return cloudEndpoints({ ...noFlags, ...flags }, environment, clusterRegion);
}

const variables = {
  endpoint: { ALIBABA_CLOUD_STS_ENDPOINT: 'sts.cn-beijing.aliyuncs.com' },
  vpc: { ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED: 'true' },
  region: { ALIBABA_CLOUD_STS_REGION: 'cn-shanghai' },
};
const all = { ...variables.endpoint, ...variables.vpc, ...variables.region };

describe('the endpoint of STS', () => {
  it.each<[string, Flags, Environment, string]>([
    ['the rule, in the cluster’s region', {}, {}, 'sts.cn-hangzhou.aliyuncs.com'],
    ['the region’s flag', { region: 'cn-qingdao' }, variables.region, 'sts.cn-qingdao.aliyuncs.com'],
    ['the region’s variable', {}, variables.region, 'sts.cn-shanghai.aliyuncs.com'],
    ['the network’s variable', {}, variables.vpc, 'sts-vpc.cn-hangzhou.aliyuncs.com'],
    ['both of these', {}, { ...variables.vpc, ...variables.region }, 'sts-vpc.cn-shanghai.aliyuncs.com'],
    ['the endpoint’s variable', {}, all, 'sts.cn-beijing.aliyuncs.com'],
    [
      'the network’s flag',
      { endpointNetwork: 'vpc' },
      variables.endpoint,
      'sts-vpc.cn-hangzhou.aliyuncs.com',
    ],
    ['the network’s flag', { endpointNetwork: 'public' }, variables.vpc, 'sts.cn-hangzhou.aliyuncs.com'],
    [
      'the endpoint’s flag',
      { stsEndpoint: 'sts.{region}.example', endpointNetwork: 'vpc', region: 'cn-qingdao' },
      all,
      'sts.cn-qingdao.example',
    ],
    [
      'the rule where variables are empty or off',
      {},
      {
        ALIBABA_CLOUD_STS_ENDPOINT: '',
        ALIBABA_CLOUD_STS_REGION: '',
        ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED: 'False',
      },
      'sts.cn-hangzhou.aliyuncs.com',
    ],
  ])('is decided by %s', async (_, flags, environment, host) => {
    const url = await endpointsOf(flags, environment).securityToken(signal);
    expect(url.href).toBe(`https://${host}/`);
  });

  it('is the central one where no region is known, and asks for none where it is written whole', async () => {
    const central = await endpointsOf({}, {}, unknown).securityToken(signal);
    expect(central.host).toBe('sts.aliyuncs.com');
    const written = await endpointsOf({}, variables.endpoint, unknown).securityToken(signal);
    expect(written.host).toBe('sts.cn-beijing.aliyuncs.com');
  });

  it.each<Flags>([{ endpointNetwork: 'vpc' }, { stsEndpoint: 'sts.{region}.example' }])(
    'is a failure where %o needs a region that is not known: the internet is no way out',
    async (flags) => {
      await expect(endpointsOf(flags, {}, unknown).securityToken(signal)).rejects.toMatchObject({
        code: 'REGION_UNKNOWN',
      });
    },
  );

  it.each([
    ['ALIBABA_CLOUD_STS_ENDPOINT', 'http://sts.aliyuncs.com'],
    ['ALIBABA_CLOUD_STS_REGION', 'cn-hangzhou.aliyuncs.com@attacker.example/'],
    ['ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED', 'maybe'],
  ])('is refused at start where the variable %s is %s', (name, value) => {
    expect(() => endpointsOf({}, { [name]: value })).toThrow(`the variable ${name} is "${value}"; write `);
  });
});

describe('the endpoint of Container Registry', () => {
  it.each<[Flags, string]>([
    [{}, 'cr.cn-shenzhen.aliyuncs.com'],
    [{ endpointNetwork: 'vpc' }, 'cr-vpc.cn-shenzhen.aliyuncs.com'],
    [
      { containerRegistryEndpoint: 'cr-{region}.example:8443', endpointNetwork: 'vpc' },
      'cr-cn-shenzhen.example:8443',
    ],
  ])('is for %o that of the instance’s region, whatever the variables of STS are: %s', (flags, host) => {
    expect(endpointsOf(flags, all).containerRegistry('cn-shenzhen').host).toBe(host);
  });
});

describe('the variable that keeps STS within the VPC', () => {
  it.each<[string, Flags, Environment]>([
    ['it is not set', {}, {}],
    ['it says no', {}, { ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED: 'false' }],
    ['the flag says it of both', { endpointNetwork: 'vpc' }, variables.vpc],
    ['the flag says the other of both', { endpointNetwork: 'public' }, variables.vpc],
    [
      'Container Registry’s own flag does',
      { containerRegistryEndpoint: writtenEndpoint('cr.example') },
      variables.vpc,
    ],
  ])('is nothing to speak of where %s', (_, flags, environment) => {
    expect(noticeOnNetworks({ ...noFlags, ...flags }, environment)).toBeUndefined();
  });

  it.each<[string, Flags]>([
    ['no flag', {}],
    ['a flag about STS only', { stsEndpoint: writtenEndpoint('sts.example') }],
  ])('is said to leave Container Registry public where there is %s', (_, flags) => {
    const notice = noticeOnNetworks({ ...noFlags, ...flags }, variables.vpc);
    expect(notice).toContain('Container Registry is asked at its public endpoint. --endpoint-network vpc');
  });
});
