import { setTimeout as delay } from 'node:timers/promises';
import { startControlPlane } from '../real-parts/control-plane.ts';

// Run by control-plane.test.ts as a process of its own, to be killed while its control plane runs.

const controlPlane = await startControlPlane();
process.stdout.write(`${controlPlane.kubeConfigFile}\n`);
await delay(60_000);
