import { z } from 'zod';

const challenge = z.object({
  'http.request.uri': z.string(),
  'http.request.useragent': z.string(),
  msg: z.string().startsWith('error authorizing context'),
});

/**
 * The paths of manifests that containerd asked for without a token and got 401, by the registries' logs, in order. Every pull
 * begins with that, also one that works: the answer tells containerd where to get a token.
 */
export function manifestsAskedFor(registriesOutput: string): string[] {
  return registriesOutput.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return [];
    const { success, data } = challenge.safeParse(JSON.parse(line));
    if (!success || !data['http.request.useragent'].startsWith('containerd/')) return [];
    const path = data['http.request.uri'];
    return path.includes('/manifests/') ? [path] : [];
  });
}
