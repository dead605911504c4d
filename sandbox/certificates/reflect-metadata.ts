// @peculiar/x509 uses tsyringe, which refuses to load unless a metadata polyfill is there. It asks for the
// constructor parameters of decorated classes; x509's own have none, so "no metadata" is the whole truth and
// a polyfill package is not needed. Import this file before @peculiar/x509.
if (!('getMetadata' in Reflect)) {
  Object.assign(Reflect, { getMetadata: () => undefined, getOwnMetadata: () => undefined });
}
