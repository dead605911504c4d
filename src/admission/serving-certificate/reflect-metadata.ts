// @peculiar/x509 uses tsyringe, which refuses to load where nothing answers for decorator metadata. None of the
// classes that are used here have any, so that this answer is true. To be imported before @peculiar/x509.
if (!('getMetadata' in Reflect)) {
  Object.assign(Reflect, { getMetadata: () => undefined, getOwnMetadata: () => undefined });
}
