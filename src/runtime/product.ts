/** Who we are to others: the manager of fields, the owner in labels, the user agent. */
export const product = 'acr-credential-helper';
