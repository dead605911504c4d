import { describe, expect, it } from 'vitest';
import {
  containerRegistryEndpoint,
  endpointIn,
  namesRegion,
  securityTokenEndpoint,
  writtenEndpoint,
} from './endpoints.ts';

describe('an endpoint by rule', () => {
  it.each([
    ['cn-hangzhou', 'public', 'cr.cn-hangzhou.aliyuncs.com', 'sts.cn-hangzhou.aliyuncs.com'],
    ['cn-hangzhou', 'vpc', 'cr-vpc.cn-hangzhou.aliyuncs.com', 'sts-vpc.cn-hangzhou.aliyuncs.com'],
    ['ap-southeast-1', 'public', 'cr.ap-southeast-1.aliyuncs.com', 'sts.ap-southeast-1.aliyuncs.com'],
    ['cn-hangzhou-finance', 'public', 'cr.cn-hangzhou-finance.aliyuncs.com', 'sts.cn-hangzhou.aliyuncs.com'],
    [
      'cn-hangzhou-finance',
      'vpc',
      'cr-vpc.cn-hangzhou-finance.aliyuncs.com',
      'sts-vpc.cn-hangzhou.aliyuncs.com',
    ],
    ['cn-beijing-finance-1', 'public', 'cr.cn-beijing-finance-1.aliyuncs.com', 'sts.aliyuncs.com'],
    [
      'cn-beijing-finance-1',
      'vpc',
      'cr-vpc.cn-beijing-finance-1.aliyuncs.com',
      'sts-vpc.cn-beijing-finance-1.aliyuncs.com',
    ],
    [
      'cn-north-2-gov-1',
      'public',
      'cr.cn-north-2-gov-1.aliyuncs.com',
      'sts-vpc.cn-north-2-gov-1.aliyuncs.com',
    ],
    [
      'cn-shenzhen-finance-1',
      'public',
      'cr.cn-shenzhen-finance-1.aliyuncs.com',
      'sts-vpc.cn-shenzhen-finance-1.aliyuncs.com',
    ],
  ] as const)('in %s over %s is %s, and of STS %s', (region, network, registry, securityToken) => {
    expect(containerRegistryEndpoint(region, network).href).toBe(`https://${registry}/`);
    expect(securityTokenEndpoint(region, network).href).toBe(`https://${securityToken}/`);
  });
});

describe('a written endpoint', () => {
  it.each([
    ['sts-vpc.cn-beijing.aliyuncs.com', 'https://sts-vpc.cn-beijing.aliyuncs.com/'],
    ['https://gateway.example:8443/', 'https://gateway.example:8443/'],
    ['cr-vpc.{region}.aliyuncs.com', 'https://cr-vpc.cn-beijing.aliyuncs.com/'],
    [' 10.0.0.7\n', 'https://10.0.0.7/'],
  ])('%s leads to %s', (text, url) => {
    const written = writtenEndpoint(text);
    expect(written).toBeDefined();
    expect(endpointIn(written ?? '', 'cn-beijing').href).toBe(url);
  });

  it('tells whether it needs a region', () => {
    expect(namesRegion('cr.{region}.aliyuncs.com')).toBe(true);
    expect(namesRegion('cr.cn-beijing.aliyuncs.com')).toBe(false);
  });

  it.each([
    ['', 'nothing'],
    ['http://sts.aliyuncs.com', 'plain HTTP'],
    ['sts.aliyuncs.com/api', 'a path'],
    ['user@sts.aliyuncs.com', 'a user'],
    ['sts.{zone}.aliyuncs.com', 'another placeholder'],
    ['sts.aliyuncs.com:99999', 'no port'],
    ['sts aliyuncs com', 'blanks'],
  ])('%s is refused: %s', (text) => {
    expect(writtenEndpoint(text)).toBeUndefined();
  });
});
