import { Sensitive } from '../runtime/sensitive.ts';
import { unquoted } from './comma-list.ts';
import type { FieldRefusal, FieldValues } from './entry-fields.ts';
import { objectName } from './object-name.ts';
import { accepted, refused, type Accepted } from './ruling.ts';
import type { InstanceField } from './schema.ts';
import type { IdentityChoice } from './settings.ts';

const inlineFields = ['customAccessKey', 'customAccessKeySecret'] as const;
const roleFields = ['assumeRoleARN', 'rrsaRoleARN', 'rrsaOIDCProviderRoleARN'] as const;

export const rrsaNotYet =
  'RRSA is not supported yet by this version: give the entry an access key of its own ' +
  '(accessKeySecretRef: <name of a Secret>), or turn rrsa off to use the node’s role';

type IdentityRuling = Accepted<IdentityChoice> | FieldRefusal;

/** Who asks for an entry's logins. An access key of its own comes before what holds for all entries. */
export function chooseIdentity(values: FieldValues, isRrsaOn: boolean): IdentityRuling {
  const text = (field: InstanceField) => unquoted(values.get(field)?.texts[0] ?? '');
  const role = roleFields.find((field) => text(field) !== '');
  if (role !== undefined) return roleNotYet(role, isRrsaOn);
  const [keyId, keySecret] = [text('customAccessKey'), text('customAccessKeySecret')];
  const reference = text('accessKeySecretRef');
  const inline = inlineFields.find((field) => text(field) !== '');
  if (reference !== '') return inline === undefined ? referredKey(reference) : twoKeys(inline);
  if (keyId !== '' && keySecret !== '') {
    const accessKeySecret = new Sensitive(keySecret);
    return accepted({ kind: 'inline-access-key', accessKeyId: keyId, accessKeySecret });
  }
  if (keyId !== '') return half('customAccessKey', 'customAccessKeySecret');
  if (keySecret !== '') return half('customAccessKeySecret', 'customAccessKey');
  if (isRrsaOn) return refusedAt('instanceId', 'an entry without an access key while rrsa is on', rrsaNotYet);
  return accepted({ kind: 'node-role' });
}

function roleNotYet(field: InstanceField, isRrsaOn: boolean): FieldRefusal {
  if (isRrsaOn) return refusedAt(field, `${field} with rrsa on`, rrsaNotYet);
  const fix =
    'assuming a role is not supported yet by this version: give the entry an access key of the instance’s ' +
    `owner instead (accessKeySecretRef: <name of a Secret>), and remove ${field}`;
  return refusedAt(field, field, fix);
}

function twoKeys(field: InstanceField): FieldRefusal {
  const fix = 'keep accessKeySecretRef and remove customAccessKey and customAccessKeySecret';
  return refusedAt(field, 'an access key and a reference to one', fix);
}

function referredKey(name: string): IdentityRuling {
  if (objectName.test(name)) return accepted({ kind: 'access-key-secret', secretName: name });
  // Not quoted: somebody may have put the key itself here.
  const fix = 'write the name of a Secret in the add-on’s namespace with access-key-id and access-key-secret';
  return refusedAt('accessKeySecretRef', 'an accessKeySecretRef that is no name of a Secret', fix);
}

function half(field: InstanceField, missing: InstanceField): FieldRefusal {
  const fix = `write ${missing} too, or better accessKeySecretRef alone`;
  return refusedAt(field, `${field} without ${missing}`, fix);
}

function refusedAt(field: InstanceField, found: string, fix: string): FieldRefusal {
  return { ...refused(found, fix), field };
}
