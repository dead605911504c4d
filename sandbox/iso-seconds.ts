/** `2026-01-31T12:00:00Z`, as the cloud writes times in its answers. */
export function isoSeconds(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
