import { Sensitive } from '../runtime/sensitive.ts';
import { textOf, refusedAt, type FieldRefusal, type FieldValues } from './entry-fields.ts';
import { objectName } from './object-name.ts';
import { accepted, type Accepted } from './ruling.ts';
import type { InstanceField } from './schema.ts';
import type { OwnIdentity } from './settings.ts';

const inlineFields = ['customAccessKey', 'customAccessKeySecret'] as const;

type AccessKey = OwnIdentity & { readonly kind: 'inline-access-key' | 'access-key-secret' };
type AccessKeyRuling = Accepted<AccessKey | undefined> | FieldRefusal;

/** The entry's own access key; undefined where it has none. */
export function readAccessKey(values: FieldValues): AccessKeyRuling {
  const [keyId, keySecret] = inlineFields.map((field) => textOf(values, field));
  const reference = textOf(values, 'accessKeySecretRef');
  const inline = inlineFields.find((field) => textOf(values, field) !== '');
  if (reference !== '') return inline === undefined ? referredKey(reference) : twoKeys(inline);
  if (keyId && keySecret) {
    const accessKeySecret = new Sensitive(keySecret);
    return accepted({ kind: 'inline-access-key', accessKeyId: keyId, accessKeySecret });
  }
  if (keyId) return half('customAccessKey', 'customAccessKeySecret');
  if (keySecret) return half('customAccessKeySecret', 'customAccessKey');
  return accepted(undefined);
}

function twoKeys(field: InstanceField): FieldRefusal {
  const fix = 'keep accessKeySecretRef and remove customAccessKey and customAccessKeySecret';
  return refusedAt(field, 'an access key and a reference to one', fix);
}

function referredKey(name: string): AccessKeyRuling {
  if (objectName.test(name)) return accepted({ kind: 'access-key-secret', secretName: name });
  // Not quoted: somebody may have put the key itself here.
  const fix = 'write the name of a Secret in the add-on’s namespace with access-key-id and access-key-secret';
  return refusedAt('accessKeySecretRef', 'an accessKeySecretRef that is no name of a Secret', fix);
}

function half(field: InstanceField, missing: InstanceField): FieldRefusal {
  const fix = `write ${missing} too, or better accessKeySecretRef alone`;
  return refusedAt(field, `${field} without ${missing}`, fix);
}
