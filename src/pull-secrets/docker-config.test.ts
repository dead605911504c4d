import { describe, expect, it } from 'vitest';
import { Sensitive } from '../runtime/sensitive.ts';
import { dockerConfig } from './docker-config.ts';

const loginFor = (instanceKey: string, domains: string[], token = 'example-token') => ({
  instanceKey,
  userName: 'cr_temp_user',
  token: new Sensitive(token),
  mintedAtMs: 0,
  expiresAtMs: 3_600_000,
  domains,
});

describe('the docker configuration', () => {
  it('has an entry for each domain of each login', () => {
    const { json } = dockerConfig([loginFor('cri-a', ['b.example', 'a.example'])], 'cs@aliyuncs.com');
    const entry = {
      username: 'cr_temp_user',
      password: 'example-token',
      email: 'cs@aliyuncs.com',
      auth: 'Y3JfdGVtcF91c2VyOmV4YW1wbGUtdG9rZW4=',
    };
    expect(JSON.parse(json.reveal())).toEqual({ auths: { 'a.example': entry, 'b.example': entry } });
  });

  it('is the same text whatever the order of domains', () => {
    const one = dockerConfig([loginFor('cri-a', ['b.example', 'a.example'])], 'e');
    const other = dockerConfig([loginFor('cri-a', ['a.example', 'b.example'])], 'e');
    expect(one.json.equals(other.json)).toBe(true);
  });

  it('leaves a host to the first instance that claims it, and names both', () => {
    const logins = [loginFor('cri-a', ['x.example'], 'first'), loginFor('cri-b', ['x.example'], 'second')];
    const { json, conflicts } = dockerConfig(logins, 'e');
    expect(json.reveal()).toContain('first');
    expect(json.reveal()).not.toContain('second');
    expect(conflicts).toEqual([{ host: 'x.example', keptFor: 'cri-a', refusedFor: 'cri-b' }]);
  });

  it('has no conflict where one instance names a host twice', () => {
    expect(dockerConfig([loginFor('cri-a', ['x.example', 'x.example'])], 'e').conflicts).toEqual([]);
  });
});
