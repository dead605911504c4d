import { z } from 'zod';

const refusal = z.object({
  'http.request.uri': z.string(),
  'http.request.useragent': z.string(),
  msg: z.string().startsWith('error authorizing context'),
});

/**
 * The paths of manifests that containerd was answered 401 for, by the registries' logs, in order. Also a pull that works begins with
 * one: it tells containerd where to get a token.
 */
export function refusedManifests(registriesOutput: string): string[] {
  return registriesOutput.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return [];
    const { success, data } = refusal.safeParse(JSON.parse(line));
    if (!success || !data['http.request.useragent'].startsWith('containerd/')) return [];
    const path = data['http.request.uri'];
    return path.includes('/manifests/') ? [path] : [];
  });
}
