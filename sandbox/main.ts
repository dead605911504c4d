#!/usr/bin/env node
import { once } from 'node:events';
import { pino } from 'pino';
import { readOptions, UsageError } from './options.ts';
import { startSandbox } from './start-sandbox.ts';
import { readWorld, WorldError } from './world/read-world.ts';

const logger = pino({ name: 'sandbox', level: process.env['LOG_LEVEL'] ?? 'info' }, pino.destination(2));

try {
  const options = readOptions(process.argv.slice(2));
  const stopped = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  const sandbox = await startSandbox(await readWorld(options.world), options, { logger, nowMs: Date.now });
  process.stdout.write(`${JSON.stringify(sandbox.ready)}\n`);
  await stopped;
  await sandbox.close();
} catch (error) {
  const isMeantForUser = error instanceof UsageError || error instanceof WorldError;
  if (isMeantForUser) process.stderr.write(`${error.message}\n`);
  else logger.fatal({ err: error }, 'the sandbox cannot start');
  process.exitCode = isMeantForUser ? 2 : 1;
}
