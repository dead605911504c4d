import { afterEach, describe, expect, it } from 'vitest';
import { serveHealth, type HealthServer } from './health-server.ts';

describe('the health server', () => {
  let server: HealthServer | undefined;
  afterEach(() => server?.close());

  async function ask(path: string, waitingFor: string[] = []) {
    server = await serveHealth({ host: '127.0.0.1', port: 0 }, () => waitingFor);
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`);
    return { status: answer.status, text: await answer.text() };
  }

  it('is alive even while it waits', async () => {
    expect(await ask('/healthz', ['namespaces'])).toEqual({ status: 200, text: 'ok\n' });
  });

  it('says what it waits for until it is ready', async () => {
    const answer = await ask('/readyz', ['namespaces', 'secrets']);
    expect(answer).toEqual({ status: 503, text: 'waiting for namespaces, secrets\n' });
  });

  it('is ready when it waits for nothing', async () => {
    expect(await ask('/readyz')).toEqual({ status: 200, text: 'ok\n' });
  });

  it('serves nothing else', async () => {
    expect((await ask('/metrics')).status).toBe(404);
  });

  it('says that its port is taken, as a mistake in the flag', async () => {
    server = await serveHealth({ host: '127.0.0.1', port: 0 }, () => []);
    await expect(serveHealth({ host: '127.0.0.1', port: server.port }, () => [])).rejects.toMatchObject({
      code: 'FLAGS_INVALID',
      message: expect.stringMatching(/--health-address.*EADDRINUSE/) as string,
    });
  });
});
