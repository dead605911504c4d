import { z } from 'zod';

const services = ['container-registry', 'sts', 'metadata', 'token-service'] as const;
export type Service = (typeof services)[number];

const aimed = {
  service: z.enum(services),
  /** All actions of the service where absent. */
  action: z.string().min(1).optional(),
  /** How many calls it strikes; until it is taken away where absent. */
  times: z.int().positive().optional(),
};
const delayMs = z.int().min(1).max(600_000);

/** What `POST /faults` takes. */
export const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    ...aimed,
    kind: z.literal('error'),
    status: z.int().min(400).max(599).default(500),
    code: z.string().min(1).default('InternalError'),
  }),
  z.strictObject({
    ...aimed,
    kind: z.literal('throttle'),
    status: z.int().min(400).max(599).default(429),
    code: z.string().min(1).default('Throttling.User'),
    retryAfterMs: z.int().min(1).default(1_000),
  }),
  z.strictObject({ ...aimed, kind: z.literal('delay'), delayMs }),
  z.strictObject({ ...aimed, kind: z.literal('reset') }),
  z.strictObject({ ...aimed, kind: z.literal('malformed') }),
]);

export type Fault = z.output<typeof faultSchema>;
/** A fault that takes the place of an answer. */
export type AnsweringFault = Exclude<Fault, { kind: 'delay' }>;

/** The faults that are switched on, in the order they came. */
export class Faults {
  #active: { readonly fault: Fault; left: number }[] = [];

  add(fault: Fault): void {
    this.#active.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY });
  }

  clear(): void {
    this.#active = [];
  }

  /** The fault that strikes this call, if any; it counts as one of its times. */
  take(service: Service, action: string): Fault | undefined {
    const hit = this.#active.find(
      ({ fault }) => fault.service === service && (fault.action ?? action) === action,
    );
    if (hit === undefined) return undefined;
    hit.left -= 1;
    if (hit.left <= 0) this.#active = this.#active.filter((one) => one !== hit);
    return hit.fault;
  }
}
