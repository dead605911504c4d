import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { permissionPolicySchema, trustPolicySchema } from '../../sandbox/world/policy-document.ts';
import type { RamConsole } from '../real-parts/ram-console.ts';
import { oidcProviderArn, roles } from '../real-parts/rrsa.ts';

const page = readFileSync(new URL('../../docs/rrsa.md', import.meta.url), 'utf8');
const manifest = z.object({ data: z.record(z.string(), z.string()) });

/** What docs/rrsa.md has its readers replace, for the cross-account world. */
function replaced(text: string, issuerUrl: string): string {
  return [
    ['acs:ram::1111111111111111:oidc-provider/ack-rrsa-c0123', oidcProviderArn],
    ['https://issuer.example/c0123', issuerUrl],
    ['1111111111111111', '2000000000000002'],
    ['2222222222222222', '1000000000000001'],
    ['acr-reader', roles.repositoryOwner.replace(/.*\//, '')],
    ['cri-0123456789abcdef', 'cri-sandbox00000001'],
  ].reduce((rest, [from = '', to = '']) => rest.replaceAll(from, to), text);
}

function blocks(language: string, issuerUrl: string): readonly string[] {
  const fences = page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'));
  return [...fences].map(([, text = '']) => replaced(text, issuerUrl));
}

/** Gives both roles the policies that the page prints, in its order, and no others. */
export function setUpAsThePageSays(ram: RamConsole, issuerUrl: string): void {
  const [trustOfOne, policyOfOne, trustOfTwo, policyOfTwo, ...more] = blocks('json', issuerUrl).map(
    (text): unknown => JSON.parse(text),
  );
  if (more.length > 0) throw new Error('the page has more policies than its two roles have');
  for (const [arn, trust, policy] of [
    [roles.cluster, trustOfOne, policyOfOne],
    [roles.repositoryOwner, trustOfTwo, policyOfTwo],
  ] as const) {
    const [, uid = '', name = ''] = /::(\d+):role\/(.*)/.exec(arn) ?? [];
    const role = ram.role(name, uid);
    role.trustPolicy = trustPolicySchema.parse(trust);
    ram.account(uid).policies['FromThePage'] = permissionPolicySchema.parse(policy);
    role.policies = ['FromThePage'];
  }
}

/** The data of the ConfigMap that the page prints. */
export function configurationOnThePage(issuerUrl: string): Readonly<Record<string, string>> {
  const [text = ''] = blocks('yaml', issuerUrl);
  return manifest.parse(parse(text)).data;
}
