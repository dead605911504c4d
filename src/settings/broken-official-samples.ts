/**
 * For tests: samples of the official pages that cannot be used, in their shapes and with names of our own, and the
 * whole of what is said about each.
 */
export const brokenOfficialSamples: Readonly<Record<string, readonly [Record<string, string>, ...string[]]>> =
  {
    'fields of one entry at different depths': [
      {
        'acr-registry-info': '- instanceId: "cri-a"\n    regionId: "cn-hangzhou"\n    domains: "a.example"\n',
      },
      'acr-registry-info, line 2: found 4 spaces before regionId; begin the line with 2 spaces, so that it stands ' +
        'under the first field of its entry',
    ],
    'the other keys within the list of instances': [
      { 'acr-registry-info': '   - instanceId: cri-a\n     regionId: cn-a\n watch-namespace: "all"\n' },
      'acr-registry-info, line 3: found the key watch-namespace within the value of this one; ' +
        'write it as a key of its own, beside this one and not within its value',
    ],
    'the other keys at the depth of the dash': [
      { 'acr-registry-info': '- instanceId: cri-a\nwatch-namespace: "all"\n' },
      'acr-registry-info, line 2: found the key watch-namespace within the value of this one; ' +
        'write it as a key of its own, beside this one and not within its value',
    ],
    'the other keys within an entry': [
      { 'acr-registry-info': '- instanceId: cri-a\n  watch-namespace: "all"\n' },
      'acr-registry-info, entry 1, line 2: found the key watch-namespace within the value of this one; ' +
        'write it as a key of its own, beside this one and not within its value',
    ],
    'no instances, and the other keys in their place': [
      { 'acr-registry-info': 'watch-namespace: "all"\nservice-account: "default"\n' },
      'acr-registry-info, line 1: found the key watch-namespace within the value of this one; ' +
        'write it as a key of its own, beside this one and not within its value',
    ],
    'the ARN of a role as an example shows it, in part and without its kind': [
      {
        'acr-registry-info': '- instanceId: "cri-a"\n  assumeRoleARN: "acs:ram::100000000000****:owner"\n',
        rrsa: 'enable: true   # needs a new version\n',
      },
      'acr-registry-info, entry 1, line 2: found assumeRoleARN "acs:ram::100000000000****:owner"; write the whole ' +
        'ARN of a RAM role, as the RAM console shows it (acs:ram::1234567890123456:role/name)',
    ],
  };
