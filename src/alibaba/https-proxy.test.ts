import { describe, expect, it } from 'vitest';
import { readHttpsProxy } from './https-proxy.ts';

describe('what HTTPS_PROXY holds', () => {
  it.each([
    ['http://proxy.example:3128', 'http://proxy.example:3128/', 'proxy.example:3128'],
    ['proxy.example:3128', 'http://proxy.example:3128/', 'proxy.example:3128'],
    ['https://proxy.example\n', 'https://proxy.example/', 'proxy.example'],
    ['http://user:p%40ss@[fd00::1]:3128', 'http://user:p%40ss@[fd00::1]:3128/', '[fd00::1]:3128'],
    ['user:p%40ss@proxy.example:3128', 'http://user:p%40ss@proxy.example:3128/', 'proxy.example:3128'],
  ])('is read: %s', (value, url, host) => {
    const proxy = readHttpsProxy('HTTPS_PROXY', value);
    expect(proxy.url.reveal()).toBe(url);
    expect(proxy.host).toBe(host);
    expect(JSON.stringify(proxy)).not.toContain('p%40ss');
  });

  it.each([
    ['http://user:p#ss@proxy.example:3128', 'holds no URL'],
    ['http://proxy.example:port', 'holds no URL'],
    ['socks5://user:secret@proxy.example', 'socks5://, which is not supported'],
    ['http://user:100%@proxy.example', 'a wrong %-escape'],
  ])('is refused without being quoted: %s', (value, why) => {
    const read = () => readHttpsProxy('https_proxy', value);
    expect(read).toThrow(`the variable https_proxy holds`);
    expect(read).toThrow(why);
    expect(read).not.toThrow(/p#ss|100%|secret|proxy\.example/);
  });
});
