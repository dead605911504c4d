import { describe, expect, it } from 'vitest';
import {
  admissionInForce,
  admissionModes,
  admissionNotice,
  noticeOnPods,
  type AdmissionMode,
} from './admission-mode.ts';

/** Where the configuration says true, false, and nothing. */
const inForce: Readonly<Record<AdmissionMode, readonly [string, string, string]>> = {
  policy: ['policy', 'policy', 'policy'],
  webhook: ['webhook', 'webhook', 'webhook'],
  none: ['none', 'none', 'none'],
  'as-configured': ['webhook', 'none', 'none'],
  'policy-unless-configured': ['webhook', 'policy', 'policy'],
  'webhook-unless-configured': ['webhook', 'none', 'webhook'],
};
const said = [true, false, undefined];

describe('what attaches at admission', () => {
  it.each(admissionModes)('is, by the flag %s, what the configuration has to do with it', (mode) => {
    expect(said.map((isEnabled) => admissionInForce(mode, { isEnabled }))).toEqual(inForce[mode]);
  });

  it('is told to whoever asked for something else in the configuration, and to nobody else', () => {
    const noticed = admissionModes.flatMap((mode) =>
      said.flatMap((isEnabled) => admissionNotice(mode, { isEnabled }) ?? []),
    );
    expect(noticed).toEqual([
      'webhook-configuration says enable: true, but --admission is policy: there is no webhook',
      'webhook-configuration says enable: false, but --admission is webhook: there is a webhook all the same',
      'webhook-configuration says enable: true, but --admission is none: there is no webhook',
    ]);
  });

  it('is told where Pods were to be attached by a webhook that the configuration does not want, and nowhere else', () => {
    const noticed = admissionModes.flatMap((mode) =>
      said.flatMap((isEnabled) => {
        const notice = noticeOnPods(mode, { isEnabled });
        return notice === undefined ? [] : [`${mode}: ${notice}`];
      }),
    );
    const left = 'Pods with pull secrets of their own get none of the add-on’s: webhook-configuration';
    expect(noticed).toEqual([
      `as-configured: ${left} says enable: false, so there is no webhook`,
      `as-configured: ${left} does not say enable: true, so there is no webhook`,
      `webhook-unless-configured: ${left} says enable: false, so there is no webhook`,
    ]);
  });
});
