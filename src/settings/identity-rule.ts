import { Sensitive } from '../runtime/sensitive.ts';
import { unquoted } from './comma-list.ts';
import type { FieldValues } from './entry-fields.ts';
import { objectName } from './object-name.ts';
import { accepted, refused, type Ruling } from './ruling.ts';
import type { InstanceField } from './schema.ts';
import type { IdentityChoice } from './settings.ts';

const roleFields = ['assumeRoleARN', 'rrsaRoleARN', 'rrsaOIDCProviderRoleARN'] as const;

export const rrsaNotYet =
  'RRSA is not supported yet by this version: give the entry an access key of its own ' +
  '(accessKeySecretRef: <name of a Secret>), or turn rrsa off to use the node’s role';

/** Who asks for an entry's logins. An access key of its own comes before what holds for all entries. */
export function chooseIdentity(values: FieldValues, isRrsaOn: boolean): Ruling<IdentityChoice> {
  const text = (field: InstanceField) => unquoted(values.get(field)?.texts[0] ?? '');
  const role = roleFields.find((field) => text(field) !== '');
  if (role !== undefined) return isRrsaOn ? refused(`${role} with rrsa on`, rrsaNotYet) : roleNotYet(role);
  const [keyId, keySecret] = [text('customAccessKey'), text('customAccessKeySecret')];
  const reference = text('accessKeySecretRef');
  if (reference !== '') return referredKey(reference, keyId !== '' || keySecret !== '');
  if (keyId !== '' && keySecret !== '') {
    const accessKeySecret = new Sensitive(keySecret);
    return accepted({ kind: 'inline-access-key', accessKeyId: keyId, accessKeySecret });
  }
  if (keyId !== '') return half('customAccessKey', 'customAccessKeySecret');
  if (keySecret !== '') return half('customAccessKeySecret', 'customAccessKey');
  if (isRrsaOn) return refused('an entry without an access key while rrsa is on', rrsaNotYet);
  return accepted({ kind: 'node-role' });
}

function roleNotYet(field: string): Ruling<never> {
  return refused(
    field,
    'assuming a role is not supported yet by this version: give the entry an access key of the instance’s ' +
      `owner instead (accessKeySecretRef: <name of a Secret>), and remove ${field}`,
  );
}

function referredKey(name: string, isInlineToo: boolean): Ruling<IdentityChoice> {
  if (isInlineToo) {
    const fix = 'keep accessKeySecretRef and remove customAccessKey and customAccessKeySecret';
    return refused('an access key and a reference to one', fix);
  }
  if (objectName.test(name)) return accepted({ kind: 'access-key-secret', secretName: name });
  // Not quoted: somebody may have put the key itself here.
  const fix = 'write the name of a Secret in the add-on’s namespace with access-key-id and access-key-secret';
  return refused('an accessKeySecretRef that is no name of a Secret', fix);
}

function half(given: string, missing: string): Ruling<never> {
  return refused(`${given} without ${missing}`, `write ${missing} too, or better accessKeySecretRef alone`);
}
