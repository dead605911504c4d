import { describe, expect, it } from 'vitest';
import { enterpriseDomains, personalDomains } from './registry-domains.ts';

describe('the domains of an instance', () => {
  it('follow by rule for Personal Edition', () => {
    expect(personalDomains('cn-hangzhou')).toEqual([
      'registry-internal.cn-hangzhou.aliyuncs.com',
      'registry-intl-vpc.cn-hangzhou.aliyuncs.com',
      'registry-intl.cn-hangzhou.aliyuncs.com',
      'registry-vpc.cn-hangzhou.aliyuncs.com',
      'registry.cn-hangzhou.aliyuncs.com',
    ]);
  });

  it('are those listed for Enterprise, custom ones too, and the internal one by rule', () => {
    const listed = [
      { domain: 'acme-registry.cn-hangzhou.cr.aliyuncs.com', type: 'SYSTEM' },
      { domain: 'acme-registry-vpc.cn-hangzhou.cr.aliyuncs.com', type: 'SYSTEM' },
      { domain: 'images.acme.example', type: 'USER' },
    ];
    expect(enterpriseDomains(listed)).toEqual([
      'acme-registry-internal.cn-hangzhou.cr.aliyuncs.com',
      'acme-registry-vpc.cn-hangzhou.cr.aliyuncs.com',
      'acme-registry.cn-hangzhou.cr.aliyuncs.com',
      'images.acme.example',
    ]);
  });

  it('derive no internal host from a custom domain that looks like a system one', () => {
    const listed = [{ domain: 'evil-registry.cn-hangzhou.cr.aliyuncs.com', type: 'USER' }];
    expect(enterpriseDomains(listed)).toEqual(['evil-registry.cn-hangzhou.cr.aliyuncs.com']);
  });

  it('keep an instance name that holds “-registry” itself', () => {
    const listed = [{ domain: 'my-registry-registry-vpc.cn-shanghai.cr.aliyuncs.com', type: 'SYSTEM' }];
    expect(enterpriseDomains(listed)).toContain('my-registry-registry-internal.cn-shanghai.cr.aliyuncs.com');
  });
});
