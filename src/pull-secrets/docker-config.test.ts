import { describe, expect, it } from 'vitest';
import { Sensitive } from '../runtime/sensitive.ts';
import { dockerConfig, dockerConfigBytes } from './docker-config.ts';

const loginFor = (instanceKey: string, domains: string[]) => ({
  instanceKey,
  userName: 'cr_temp_user',
  token: new Sensitive('example-token'),
  mintedAtMs: 0,
  expiresAtMs: 3_600_000,
  domains,
});

describe('the docker configuration', () => {
  it('has an entry for each domain of each login', () => {
    const json = dockerConfig([loginFor('cri-a', ['b.example', 'a.example'])], 'cs@aliyuncs.com');
    const entry = {
      username: 'cr_temp_user',
      password: 'example-token',
      email: 'cs@aliyuncs.com',
      auth: 'Y3JfdGVtcF91c2VyOmV4YW1wbGUtdG9rZW4=',
    };
    expect(JSON.parse(json.reveal())).toEqual({ auths: { 'a.example': entry, 'b.example': entry } });
  });

  it('is the same text whatever the order of domains and of instances', () => {
    const a = loginFor('cri-a', ['b.example', 'a.example']);
    const b = loginFor('cri-b', ['c.example']);
    const other = dockerConfig([b, { ...a, domains: ['a.example', 'b.example'] }], 'e');
    expect(dockerConfig([a, b], 'e').equals(other)).toBe(true);
  });

  it('tells its size in bytes', () => {
    expect(dockerConfigBytes([], 'e')).toBe('{"auths":{}}'.length);
    const logins = [loginFor('cri-a', ['a.example'])];
    expect(dockerConfigBytes(logins, 'é') - dockerConfigBytes(logins, '')).toBe(2);
  });
});
