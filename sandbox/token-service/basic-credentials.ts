export interface BasicCredentials {
  readonly userName: string;
  readonly password: string;
}

export type Presented =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'credentials'; readonly credentials: BasicCredentials };

/** Reads an Authorization header of the Basic scheme (RFC 7617 §2). */
export function basicCredentials(header: string | undefined): Presented {
  if (header === undefined) return { kind: 'nothing' };
  const [, encoded] = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header) ?? [];
  const [, userName, password] =
    /^([^:]*):(.*)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString()) ?? [];
  if (userName === undefined || password === undefined) return { kind: 'malformed' };
  return { kind: 'credentials', credentials: { userName, password } };
}
