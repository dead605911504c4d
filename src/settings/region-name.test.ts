import { describe, expect, it } from 'vitest';
import { regionToWrite } from './region-name.ts';

describe('a region', () => {
  it.each([
    'cn-hangzhou',
    'cn-hangzhou-finance',
    'cn-shanghai-finance-1',
    'cn-north-2-gov-1',
    'cn-heyuan-acdr-1',
    'cn-zhengzhou-jva',
    'cn-wuhan-lr',
    'cn-fuzhou',
    'ap-northeast-2',
    'me-central-1',
    'na-south-1',
    'us-southeast-1',
  ])('is %s', (name) => {
    expect(regionToWrite(name)).toBeUndefined();
  });

  it.each([
    ['cn-hangzhou-i', 'cn-hangzhou, the region of this zone'],
    ['cn-hangzhou-finance-b', 'cn-hangzhou-finance, the region of this zone'],
    ['us-east-1a', 'us-east-1, the region of this zone'],
    ['cn-north-2-gov-1b', 'cn-north-2-gov-1, the region of this zone'],
    ['hangzhou', 'a region id such as cn-hangzhou'],
    ['CN-Hangzhou', 'a region id such as cn-hangzhou'],
    ['', 'a region id such as cn-hangzhou'],
  ])('is not “%s”: write %s', (name, toWrite) => {
    expect(regionToWrite(name)).toBe(toWrite);
  });
});
