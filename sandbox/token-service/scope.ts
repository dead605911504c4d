/** One resource and what is to be done with it, as a registry's challenge and a bearer token name it. */
export interface Access {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/**
 * Reads `scope` parameters: each may hold several entries `type:name:action,action` parted by spaces. A name may
 * hold colons (a host with a port). What has not this form asks for nothing.
 * Source: distribution, "Token Scope Documentation".
 */
export function readScopes(parameters: readonly string[]): readonly Access[] {
  return parameters
    .flatMap((parameter) => parameter.split(' '))
    .flatMap((entry) => {
      const [, type, name, actions] = /^([^:]+):(.+):([^:]+)$/.exec(entry) ?? [];
      if (type === undefined || name === undefined || actions === undefined) return [];
      return [{ type, name, actions: [...new Set(actions.split(','))] }];
    });
}
