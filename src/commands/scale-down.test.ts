import { beforeEach, describe, expect, it } from 'vitest';
import type { FailureCode } from '../failures/catalogue.ts';
import { Failure } from '../failures/failure.ts';
import type { ApiCall, Connection } from '../kubernetes/connection.ts';
import { pathOf } from '../kubernetes/resource.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import { scaleDown } from './scale-down.ts';

const registration =
  'DELETE /apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/aliyun-acr-credential-helper';
const scale = 'PATCH /apis/apps/v1/namespaces/kube-system/deployments/add-on/scale';

describe('scaling the add-on down', () => {
  let clock: VirtualClock;
  let asked: string[];
  /** By method and path: what it fails with, each once. */
  let failures: Map<string, FailureCode[]>;

  beforeEach(() => {
    clock = new VirtualClock();
    asked = [];
    failures = new Map();
  });

  async function stop(): Promise<boolean | FailureCode> {
    const connection: Pick<Connection, 'request'> = {
      request: async <T>({ method, target }: ApiCall) => {
        await Promise.resolve();
        const request = `${method} ${pathOf(target)}`;
        asked.push(request);
        const code = failures.get(request)?.shift();
        if (code !== undefined) throw new Failure(code, 'no');
        return {} as T;
      },
    };
    const parts = { connection: connection as Connection, clock, random: () => 0 };
    const outcome = scaleDown(
      parts,
      { namespace: 'kube-system', name: 'add-on' },
      new AbortController().signal,
    ).catch((thrown: unknown) => {
      if (thrown instanceof Failure) return thrown.code;
      throw thrown;
    });
    await clock.advance(60_000);
    return outcome;
  }

  it('first removes the registration, which nobody would answer for then', async () => {
    expect(await stop()).toBe(true);
    expect(asked).toEqual([registration, scale]);
  });

  it('stops nobody while the registration cannot be removed', async () => {
    failures.set(registration, ['KUBERNETES_FORBIDDEN']);
    expect(await stop()).toBe('KUBERNETES_FORBIDDEN');
    expect(asked).toEqual([registration]);
  });

  it('tries again what fails for a moment', async () => {
    failures.set(registration, ['KUBERNETES_UNREACHABLE']);
    failures.set(scale, ['KUBERNETES_CONFLICT']);
    expect(await stop()).toBe(true);
    expect(asked).toEqual([registration, registration, scale, scale]);
  });

  it('needs neither a registration nor a Deployment', async () => {
    failures.set(registration, ['KUBERNETES_NOT_FOUND']);
    failures.set(scale, ['KUBERNETES_NOT_FOUND']);
    expect(await stop()).toBe(false);
    expect(asked).toEqual([registration, scale]);
  });
});
