import { setTimeout as delay } from 'node:timers/promises';
import { makeDirectory, startProgram } from './guardian.ts';

// Run by guardian.test.ts as a process of its own: uses the guardian, says what it started, and stays.

const directory = await makeDirectory('acr-guardian-trial-');
const program = await startProgram({
  file: process.execPath,
  options: ['--eval', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);"],
  environment: {},
  logFile: `${directory}/program.log`,
});
process.stdout.write(`${JSON.stringify({ directory, pid: program.pid })}\n`);
if (process.argv[2] === 'exit') process.exit();
if (process.argv[2] === 'throw') throw new Error('on purpose');
await delay(60_000);
