#!/usr/bin/env node
import { styleText } from 'node:util';
import { Command, Option } from 'commander';
import { pino } from 'pino';
import { runCleanup, type CleanupFlags } from '../src/commands/cleanup.ts';
import { runPlan, type PlanFlags } from '../src/commands/plan.ts';
import { checkAdmissionFlags, type RawAdmissionFlags } from '../src/controller/admission-flags.ts';
import { checkFlags, type RawFlags } from '../src/controller/flags.ts';
import { runController } from '../src/controller/run-controller.ts';
import packageJson from '../package.json' with { type: 'json' };
import { describeFailure } from '../src/failures/failure.ts';

const defaultNames = {
  namespace: 'kube-system',
  configMap: 'acr-configuration',
  pullSecret: 'acr-credential-secret-aggregation',
  lease: 'aliyun-acr-credential-helper',
};

const brakeShare = new Option(
  '--brake-share <percent>',
  'a new scope that takes something from more than this share of the served namespaces …',
).default('30');
const brakeCount = new Option(
  '--brake-count <n>',
  '… and from more than so many of them has to be confirmed',
).default('10');

const adoptAttachments = new Option(
  '--adopt-attachments',
  'takes the pull secret’s name on service accounts for an earlier add-on’s doing, not for their own',
).default(false);

/** Of each command that asks Alibaba Cloud. */
const cloudOptions = [
  new Option('--region <id>', 'the cluster’s region; left out: a node’s label, then the metadata service'),
  new Option(
    '--endpoint-network <public|vpc>',
    'which endpoints of Container Registry and STS to call; left out: public, and for STS what ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED says',
  ),
  new Option(
    '--sts-endpoint <host>',
    'in place of the one by rule; {region} stands for the cluster’s region',
  ),
  new Option('--container-registry-endpoint <host>', 'likewise; {region} stands for the instance’s region'),
  new Option(
    '--ca-file <pem>',
    'authorities to trust besides the usual ones, for Alibaba Cloud and the proxy',
  ),
  new Option('--metadata-endpoint <url>', 'the ECS metadata service').default('http://100.100.100.200'),
];

const program = new Command('acr-credential-helper')
  .description(
    'Pods pull private images from Alibaba Cloud Container Registry with nobody managing pull secrets.',
  )
  .version(packageJson.version)
  .showHelpAfterError();

const controller = program
  .command('controller')
  .description('the add-on: keeps registry logins in one pull secret per watched namespace')
  .option('--kubeconfig <file>', 'how to reach the cluster; left out: as the pod’s service account')
  .option('--namespace <name>', 'where the add-on’s own objects are', defaultNames.namespace)
  .option('--config-map <name>', 'the configuration', defaultNames.configMap)
  .option('--secret-name <name>', 'the pull secret’s name in every namespace', defaultNames.pullSecret)
  .option('--lease-name <name>', 'the Lease that elects the leader', defaultNames.lease)
  .option('--only-namespaces <names>', 'watches these and no others; left out: the whole cluster')
  .option('--health-address <host:port>', 'where /healthz and /readyz are served', ':8080')
  .option(
    '--admission <mode>',
    'policy (which you install), webhook, none, or what webhook-configuration says: as-configured (else none), ' +
      'policy-unless-configured, webhook-unless-configured',
    'as-configured',
  )
  .option('--admission-address <host:port>', 'where the admission webhook is served', ':8443')
  .option('--admission-hosts <names>', 'by which the API server calls it; left out: its Service’s name')
  .option('--admission-certificate-life <duration>', 'of the certificates made for it', '2160h')
  .option('--admission-cert-file <pem>', 'in place of a certificate that is made: of somebody else')
  .option('--admission-key-file <pem>', 'its key')
  .option(
    '--admission-ca-bundle <base64>',
    'of PEM: who vouches for it; left out: somebody else tells the API server',
  )
  .option('--write-budget <n>', 'writes per second for routine renewals; urgent ones go at once', '50')
  .addOption(brakeShare)
  .addOption(brakeCount)
  .option(
    '--waiting-pods <off|tell|restart>',
    'Pods that were created before the attachment and can never pull: named in an Event, or also deleted',
    'tell',
  )
  .option('--log-level <level>', 'debug, info, warn or error', 'info')
  .action(async (raw: RawFlags & RawAdmissionFlags) => {
    const flags = checkFlags(raw);
    const admissionFlags = checkAdmissionFlags(raw);
    const logger = pino({
      level: flags.logLevel,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    });
    const stop = new AbortController();
    for (const name of ['SIGTERM', 'SIGINT'] as const) {
      process.once(name, () => {
        logger.info({ signal: name }, 'stopping');
        stop.abort(new Error(`stopped by ${name}`));
      });
    }
    await runController({ flags, admissionFlags, environment: process.env, logger, signal: stop.signal });
  });

const plan = program
  .command('plan')
  .description('what a configuration would attach, fill and remove in the cluster; changes nothing')
  .option('--file <manifest>', 'the ConfigMap to plan for; left out: the one in the cluster')
  .option('--kubeconfig <file>', 'how to reach the cluster; left out: as kubectl does')
  .option('--namespace <name>', 'where the ConfigMap is', defaultNames.namespace)
  .option('--config-map <name>', 'the configuration', defaultNames.configMap)
  .option('--secret-name <name>', 'the pull secret’s name in every namespace', defaultNames.pullSecret)
  .addOption(brakeShare)
  .addOption(brakeCount)
  .option(
    '--check-identity',
    'also gets a login for each instance, as the add-on would, and throws it away',
    false,
  )
  .addOption(new Option('--output <format>', 'how to say it').choices(['text', 'json']).default('text'))
  .addHelpText(
    'after',
    '\nExit code: 0 planned, 2 the configuration is refused, 3 an identity has not proved to work, 1 something failed.',
  )
  .action(async (flags: PlanFlags) => {
    process.exitCode = await runPlan({
      flags,
      write: (text) => process.stdout.write(text),
      paint: (colour, text) => styleText(colour, text, { stream: process.stdout }),
      environment: process.env,
      signal: new AbortController().signal,
    });
  });

program
  .command('cleanup')
  .description('takes attachments, pull secrets and all else that the add-on made out of the cluster')
  .option('--kubeconfig <file>', 'how to reach the cluster; left out: as kubectl does')
  .option('--namespace <name>', 'where the add-on’s own objects are', defaultNames.namespace)
  .option('--secret-name <name>', 'the pull secret’s name in every namespace', defaultNames.pullSecret)
  .option('--lease-name <name>', 'the Lease that elects the leader', defaultNames.lease)
  .option('--only-namespaces <names>', 'cleans these and no others; left out: the whole cluster')
  .option('--scale-down <deployment>', 'stops the add-on first, which would put back what is removed')
  .option('--wait <duration>', 'how long to wait for the Lease of a leader that is stopping', '90s')
  .option('--timeout <duration>', 'how long all of it may take', '10m')
  .option('--dry-run', 'only says what it would remove', false)
  .addHelpText('after', '\nExit code: 0 nothing of it is left, 1 something is, or something failed.')
  .action(async (flags: CleanupFlags) => {
    const stop = new AbortController();
    for (const name of ['SIGTERM', 'SIGINT'] as const) {
      process.once(name, () => stop.abort(new Error(`stopped by ${name}`)));
    }
    process.exitCode = await runCleanup({
      flags,
      write: (text) => process.stdout.write(text),
      logger: pino({ level: 'warn' }, pino.destination(2)),
      signal: stop.signal,
    });
  });

for (const option of [...cloudOptions, adoptAttachments]) {
  controller.addOption(option);
  plan.addOption(option);
}

try {
  await program.parseAsync();
} catch (thrown) {
  const { code, message } = describeFailure(thrown);
  process.stderr.write(`acr-credential-helper: ${code}: ${message}\n`);
  // A failure explains itself; a defect needs to be found.
  if (code === 'UNEXPECTED' && thrown instanceof Error) process.stderr.write(`${thrown.stack}\n`);
  process.exitCode = 1;
}
