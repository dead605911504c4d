import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from 'pino';
import { describeFailure, Failure } from '../failures/failure.ts';
import type { Clock } from '../runtime/clock.ts';
import type { PatchStep } from '../runtime/json-patch.ts';
import { onceIn } from '../runtime/once-in.ts';
import { readDuration } from '../settings/duration.ts';
import { BodyRoom, type BodyPlace } from './body-room.ts';
import { readBody } from './read-body.ts';
import { readReview, reviewAnswer, type Review } from './review.ts';
import type { ServingCertificate } from './serving-certificate/make-certificate.ts';

export interface AdmissionServer {
  readonly port: number;
  /** For connections from now on. Throws where it cannot be served. */
  useCertificate(certificate: ServingCertificate): void;
  /** From now on each answer asks the client to connect anew, and so to somebody else. */
  sendClientsAway(): void;
  /** Lets running requests end, for some seconds. */
  close(): Promise<void>;
}

export interface AdmissionAddress {
  /** Undefined: every address. */
  readonly host: string | undefined;
  /** 0 chooses a free port. */
  readonly port: number;
}

export interface AdmissionServerParts {
  readonly logger: Logger;
  readonly clock: Clock;
  /** What attaches the subject of a review. What it throws leaves that as it is. */
  readonly patchFor: (review: Review, signal: AbortSignal) => Promise<readonly PatchStep[]>;
}

/** What is asked about at each shows in the question; they are for people who read the registration. */
const paths: readonly string[] = ['/service-accounts', '/pods'];

/** More than several API servers send at once, each over a connection of its own. */
const mostConnections = 1_000;
/** A review is a kilobyte or two. Parsed, it takes up to twenty times as much. */
const room = { bodies: 1_000, bytes: 4 * 1024 * 1024 };
const tellEveryMs = 60_000;
const timeouts = {
  handshakeTimeout: 10_000,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 120_000,
};
/** At the end, for requests that have begun. */
const lastRequestsMs = 8_000;
/** Where the API server does not say how long it waits. */
const defaultPatienceMs = 10_000;
/** Of the API server's patience, the part for what is done here; the rest is for the way. */
const ownShare = 0.8;

/** Throws FLAGS_INVALID where the address cannot be listened on. */
export async function serveAdmission(
  address: AdmissionAddress,
  certificate: ServingCertificate,
  parts: AdmissionServerParts,
): Promise<AdmissionServer> {
  const ended = new AbortController();
  let isLeaving = false;
  const answering: Answering = {
    ...parts,
    room: new BodyRoom(room),
    isTimeToTell: onceIn(parts.clock, tellEveryMs),
    ended: ended.signal,
  };
  const server = createServer({ ...timeouts, ...secureContext(certificate) }, (request, response) => {
    if (isLeaving) response.setHeader('connection', 'close');
    void answer(answering, request, response);
  });
  server.maxConnections = mostConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(cannotListen(address, cause)));
    server.listen(address.port, address.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    useCertificate: (next) => server.setSecureContext(secureContext(next)),
    sendClientsAway() {
      isLeaving = true;
    },
    async close() {
      // Two turns of the event loop, in which what has arrived is read: such a connection is not idle.
      await nextTurn();
      await nextTurn();
      // Node looks after the time limits of requests no longer, so that one which is never sent to its end has no end.
      const cancel = parts.clock.schedule(lastRequestsMs, () => server.closeAllConnections());
      await new Promise<void>((resolve) => server.close(() => resolve()));
      cancel();
      ended.abort();
    },
  };
}

function secureContext({ certificatePem, privateKey }: ServingCertificate) {
  return { cert: certificatePem, key: privateKey.reveal(), minVersion: 'TLSv1.2' as const };
}

function cannotListen({ host, port }: AdmissionAddress, cause: NodeJS.ErrnoException): Failure {
  const text = `--admission-address is "${host ?? ''}:${port}", where one cannot listen: ${cause.code}; choose another`;
  return new Failure('FLAGS_INVALID', text, { cause });
}

interface Answering extends AdmissionServerParts {
  readonly room: BodyRoom;
  readonly isTimeToTell: () => boolean;
  readonly ended: AbortSignal;
}

async function answer(
  answering: Answering,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = URL.parse(request.url ?? '', 'https://webhook');
  if (url === null || !paths.includes(url.pathname) || request.method !== 'POST')
    return refuse(response, 404);
  const place = answering.room.enter();
  if (place === undefined) return refuseForRoom(answering, response);
  const spent = new AbortController();
  const ownMs = patienceMs(url.searchParams.get('timeout')) * ownShare;
  const cancel = answering.clock.schedule(ownMs, () =>
    spent.abort(new DOMException('the API server waits no longer', 'TimeoutError')),
  );
  try {
    const patience = AbortSignal.any([answering.ended, spent.signal]);
    await answerIn(place, answering, { request, response, patience });
  } finally {
    cancel();
    place.leave();
  }
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly patience: AbortSignal;
}

async function answerIn(
  place: BodyPlace,
  answering: Answering,
  { request, response, patience }: Exchange,
): Promise<void> {
  const body = await readBody(request, place);
  switch (body.kind) {
    case 'too-large':
      return refuse(response, 413);
    case 'no-room':
      return refuseForRoom(answering, response);
    case 'broken-off':
      return refuse(response, 400);
    case 'read': {
      const review = readReview(body.text);
      if (review === undefined) return refuse(response, 400);
      const patch = await patchOrNone(answering, review, patience);
      const text = JSON.stringify(reviewAnswer(review, patch));
      response.writeHead(200, { 'content-type': 'application/json' }).end(text);
    }
  }
}

function refuseForRoom({ logger, isTimeToTell }: Answering, response: ServerResponse): void {
  if (isTimeToTell()) {
    logger.warn('the admission webhook is sent more than it can hold, and refuses what is too much');
  }
  refuse(response, 503);
}

/** The controller attaches what is not attached here; refusing would only keep people from their work. */
async function patchOrNone(
  { logger, patchFor }: AdmissionServerParts,
  review: Review,
  signal: AbortSignal,
): Promise<readonly PatchStep[]> {
  try {
    return await patchFor(review, signal);
  } catch (thrown) {
    const { namespace, subject } = review;
    const failure = describeFailure(thrown);
    if (subject?.kind === 'pod') {
      const about = { namespace, serviceAccount: subject.account, ...failure };
      logger.error(about, 'could not decide about a Pod at admission; it is created as it was sent');
    } else {
      const about = { namespace, serviceAccount: subject?.name, ...failure };
      const what = 'could not decide about a service account at admission; it is left to the controller';
      logger.error(about, what);
    }
    return [];
  }
}

function patienceMs(timeout: string | null): number {
  const reading = timeout === null ? undefined : readDuration(timeout);
  return reading?.kind === 'read' ? reading.ms : defaultPatienceMs;
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { connection: 'close' }).end();
}
