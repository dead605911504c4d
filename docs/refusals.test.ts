import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { catalogue } from '../src/failures/catalogue.ts';
import type { AccessDenied, CloudRefusal } from '../src/failures/cloud-refusal.ts';
import { tellRefusal } from '../src/refusals/explained.ts';
import type { RefusedStep } from '../src/refusals/refused-step.ts';

const page = readFileSync(new URL('refusals.md', import.meta.url), 'utf8');
const clusterAccount = 'acs:ram::1000000000000001';
const clusterRole = `${clusterAccount}:role/cluster`;
const ownerRole = 'acs:ram::2000000000000002:role/owner';
const asking = {
  AssumeRoleWithOIDC: {
    kind: 'assume-role-with-oidc',
    roleArn: clusterRole,
    oidcProviderArn: `${clusterAccount}:oidc-provider/cluster`,
    sessionSeconds: 7_200,
    tokenClaims: {
      iss: 'https://issuer.example',
      sub: 'system:serviceaccount:kube-system:aliyun-acr-credential-helper',
      aud: ['sts.aliyuncs.com'],
      expiresAtMs: 0,
    },
  },
  AssumeRole: {
    kind: 'assume-role',
    roleArn: ownerRole,
    sessionSeconds: 7_200,
    caller: { who: 'role cluster of account 1000000000000001', arn: clusterRole },
  },
  'Container Registry': {
    kind: 'container-registry',
    action: 'cr:GetAuthorizationToken',
    instanceId: 'cri-example0000001',
    regionId: 'cn-hangzhou',
    caller: { who: 'role owner of account 2000000000000002', arn: ownerRole },
  },
} as const satisfies Record<string, RefusedStep>;

interface Row {
  readonly step: RefusedStep;
  readonly refusal: CloudRefusal;
  readonly read: string;
  readonly mend: string;
}

/** The first table. */
const rows = page
  .slice(0, page.indexOf('\n## '))
  .split('\n')
  .filter((line) => line.startsWith('| ') && line.includes('`'))
  .map(readRow);

describe('the table of refusals', () => {
  it('has every step', () => {
    expect(new Set(rows.map(({ step }) => step.kind)).size).toBe(3);
  });

  it('is followed by every other code that a mint can fail with', () => {
    const codes = Object.keys(catalogue).filter((code) =>
      /^(CLOUD|METADATA)_|_(UNKNOWN|UNAVAILABLE|MISSING)$/.test(code),
    );
    expect(codes.filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
  });

  it.each(rows)('says what the add-on says of $refusal.code: $read', ({ step, refusal, read, mend }) => {
    const text = tellRefusal(step, refusal)?.text;
    expect(text).toMatch(patternOf(read));
    expect(text).toMatch(patternOf(mend));
  });
});

/** In the code's column: the code, then what the answer's details say; a text of the cloud's in “”. */
function readRow(line: string): Row {
  const [, , asked = '', said = '', read = '', mend = ''] = line.split('|').map((cell) => cell.trim());
  const step = Object.entries(asking).find(([name]) => name === asked)?.[1];
  if (step === undefined) throw new Error(`no such step: ${asked}`);
  const [code = '', detail] = [...said.matchAll(/`([^`]+)`/g)].map((match) => match[1]);
  const message = /“(.*)”/.exec(said)?.[1] ?? 'text';
  const accessDenied = detail === undefined ? undefined : accessDeniedOf(detail);
  const refusal = { asked, httpStatus: 403, code, message, requestId: 'R-1', accessDenied };
  return { step, refusal, read, mend };
}

/** By the kind of denial, or by the kind of policy that denied. */
function accessDeniedOf(detail: string): AccessDenied {
  const unsaid = {
    action: undefined,
    principalType: undefined,
    principalName: undefined,
    accountId: undefined,
  };
  return detail.endsWith('Deny')
    ? { ...unsaid, denial: detail, policyType: undefined }
    : { ...unsaid, denial: 'ImplicitDeny', policyType: detail };
}

/** `…` stands for anything. */
function patternOf(cell: string): RegExp {
  return new RegExp(
    cell
      .split('…')
      .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
      .join('.*'),
  );
}
