import { expect, test } from 'vitest';
import { targetInTunnel, targetOfProxyRequest } from './request-target.ts';

const tunnelHostName = 'cr.cn-hangzhou.aliyuncs.com';

test.each([tunnelHostName, `${tunnelHostName}:443`, 'CR.cn-hangzhou.aliyuncs.com'])(
  'a request inside a tunnel is for its host, written as %s',
  (host) => {
    expect(targetInTunnel(tunnelHostName, { url: '/?Action=GetInstance', host })).toEqual({
      kind: 'target',
      target: {
        protocol: 'https',
        hostName: tunnelHostName,
        authority: host,
        path: '/?Action=GetInstance',
      },
    });
  },
);

test.each([
  { line: { url: '/', host: 'cr.cn-beijing.aliyuncs.com' }, status: 421 },
  { line: { url: '/', host: undefined }, status: 421 },
  { line: { url: 'https://cr.cn-hangzhou.aliyuncs.com/', host: tunnelHostName }, status: 400 },
])('a request inside a tunnel is refused with $status for $line', ({ line, status }) => {
  expect(targetInTunnel(tunnelHostName, line)).toMatchObject({ kind: 'refused', answer: { status } });
});

test.each([
  { url: 'http://cr.cn-hangzhou.aliyuncs.com/tokens?a=1', path: '/tokens?a=1' },
  { url: 'http://cr.cn-hangzhou.aliyuncs.com:80/tokens', path: '/tokens' },
  { url: 'HTTP://CR.cn-hangzhou.aliyuncs.com', path: '/' },
  { url: 'http://cr.cn-hangzhou.aliyuncs.com?a=1', path: '/?a=1' },
])('a proxy request for $url has the path $path', ({ url, path }) => {
  expect(targetOfProxyRequest({ url, host: tunnelHostName })).toEqual({
    kind: 'target',
    target: { protocol: 'http', hostName: tunnelHostName, authority: tunnelHostName, path },
  });
});

test.each([
  { reason: 'is no proxy request', url: '/tokens', host: tunnelHostName, status: 400 },
  { reason: 'names two hosts', url: 'http://other.example/', host: tunnelHostName, status: 400 },
  { reason: 'has no Host', url: `http://${tunnelHostName}/`, host: undefined, status: 400 },
  { reason: 'is for another port', url: `http://${tunnelHostName}:8080/`, host: tunnelHostName, status: 502 },
])('a request outside of a tunnel that $reason is refused with $status', ({ url, host, status }) => {
  expect(targetOfProxyRequest({ url, host })).toMatchObject({ kind: 'refused', answer: { status } });
});
