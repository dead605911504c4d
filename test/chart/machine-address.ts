import { networkInterfaces } from 'node:os';

/** Where a Service may lead, which is never to a loopback or link-local address; undefined where there is no other. */
export function machineAddress(): string | undefined {
  return Object.values(networkInterfaces())
    .flatMap((addresses = []) => addresses)
    .find(
      ({ family, internal, address }) => family === 'IPv4' && !internal && !address.startsWith('169.254.'),
    )?.address;
}
