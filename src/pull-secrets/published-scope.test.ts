import { describe, expect, it } from 'vitest';
import { everything, nothing } from '../settings/selection.ts';
import type { Scope, WebhookSettings } from '../settings/settings.ts';
import {
  publishedScope,
  readPublishedRegistration,
  readPublishedScope,
  readPublishedWebhook,
  type Published,
} from './published-scope.ts';

const scope: Scope = {
  namespaces: { included: everything, excluded: { ...nothing, names: new Set(['kube-system']) } },
  serviceAccounts: { included: { ...nothing, globs: ['ci-*'] }, excluded: nothing },
};

const webhook: WebhookSettings = { isEnabled: true, failurePolicy: 'Fail', timeoutSeconds: 5 };
const published: Published = { scope, webhook, admission: 'as-configured' };

describe('the published scope', () => {
  it('is read back as it was in force, whatever waits beside it', () => {
    const other = { ...scope, namespaces: scope.serviceAccounts };
    expect(readPublishedScope(publishedScope(published, undefined))).toEqual(scope);
    expect(readPublishedScope(publishedScope(published, other))).toEqual(scope);
  });

  it('has what is asked of the webhook beside it, which is off where nothing is said', () => {
    expect(readPublishedWebhook(publishedScope(published, scope))).toEqual(webhook);
    expect(readPublishedWebhook({})).toMatchObject({ isEnabled: undefined, failurePolicy: 'Ignore' });
  });

  it('has no default for what is asked of the webhook where somebody has spoilt it', () => {
    expect(readPublishedWebhook({ 'webhook-configuration': 'failure-policy: fial' })).toBeUndefined();
  });

  it.each<[string, Partial<Published>]>([
    ['webhook', {}],
    ['none', { webhook: { ...webhook, isEnabled: false } }],
    ['policy', { admission: 'policy' }],
    ['policy,webhook', { admission: 'policy-unless-configured' }],
    ['policy', { admission: 'policy-unless-configured', webhook: { ...webhook, isEnabled: undefined } }],
  ])('tells that %s attaches at admission', (told, part) => {
    expect(publishedScope({ ...published, ...part }, undefined)).toMatchObject({ admission: told });
  });

  it('tells whether the API server asks the webhook, where there is to be one', () => {
    const open = publishedScope({ ...published, registration: 'open' }, undefined);
    expect(open).toHaveProperty('webhook-registration', 'open');
    expect(readPublishedRegistration(open)).toBe('open');
    const both: Published = { ...published, admission: 'policy-unless-configured', registration: 'open' };
    expect(publishedScope(both, undefined)).toHaveProperty('webhook-registration', 'open');
    expect(readPublishedRegistration(publishedScope(published, undefined))).toBeUndefined();
    const none = publishedScope({ ...published, admission: 'none', registration: 'closed' }, undefined);
    expect(readPublishedRegistration(none)).toBeUndefined();
    expect(readPublishedRegistration({ 'webhook-registration': 'perhaps' })).toBeUndefined();
  });

  it.each([
    ['missing', undefined],
    ['emptied', {}],
    ['half there', { 'watch-namespace': 'team-a' }],
    ['broken', { 'watch-namespace': 'Team A', 'service-account': 'default' }],
  ])('is none where it is %s: no default stands in for it', (_how, data) => {
    expect(readPublishedScope(data)).toBeUndefined();
  });
});
