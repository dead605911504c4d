const regionName = /^[a-z]+(-[a-z0-9]+)+$/;
/** `cn-hangzhou-i`, `us-east-1a`: a region and a single letter. No region's own name ends in one. */
const zoneName = /^(?<region>[a-z]+(-[a-z0-9]+)+?)(-|(?<=-\d+))[a-z]$/;

/** What to write in place of something that is no region's id; undefined where it is one. */
export function regionToWrite(text: string): string | undefined {
  const { region } = zoneName.exec(text)?.groups ?? {};
  if (region !== undefined) return `${region}, the region of this zone`;
  return regionName.test(text) ? undefined : 'a region id such as cn-hangzhou';
}
