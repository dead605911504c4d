import { readFileSync } from 'node:fs';

/** The parts of an `audit.k8s.io/v1` Event at level Metadata that tests look at. */
export interface AuditEvent {
  readonly stage: 'ResponseStarted' | 'ResponseComplete' | 'Panic';
  readonly verb: string;
  readonly requestURI: string;
  readonly userAgent?: string;
  /** Without a name where the request was given up before it was known who sent it. */
  readonly user: { readonly username?: string };
  readonly objectRef?: {
    readonly resource: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code: number };
  readonly requestReceivedTimestamp: string;
}

/** All events written so far; a line still being written is left for the next time. */
export function readAuditEvents(file: string): readonly AuditEvent[] {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as AuditEvent);
}
