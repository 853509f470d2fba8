import { Command, Option } from 'commander';
import { openLab } from '../lab';
import { labObstacle } from '../machines/obstacle';
import { startLab, stopLab } from '../machines/lifecycle';
import { USUAL_DELAY_SECONDS } from '../machines/leases';
import { labPaths } from '../machines/paths';
import { apiFaultCommand } from './api-fault';
import { apiTimesCommand } from './api-times';
import { destroy } from '../client/deploy';
import { execInClient } from '../client/in-client';
import { mysqlRepositoryCommand } from './mysql-repository';
import { createProgress } from '../client/progress';
import { revokeCommand, rotateCommand } from './rotate';
import { showLogs, sshTo } from './ssh';
import { showStatus } from './status';

const program = new Command('lab')
  .description('A Hetzner Cloud on this machine, and the platform deployed to it. LAB_NAME chooses among several labs.')
  .showHelpAfterError()
  .enablePositionalOptions();

program
  .command('check')
  .description('say whether a lab can run on this machine, and if not, why')
  .action(() => {
    const obstacle = labObstacle();
    if (obstacle === null) return;
    console.log(obstacle);
    process.exitCode = 1;
  });

program
  .command('up')
  .description('start the lab: emulated API, network, no machines yet; does nothing when it runs')
  .action(async () => {
    const progress = createProgress();
    const paths = labPaths();
    const result = await startLab(paths, progress.say);
    progress.done(result === 'started' ? `lab ${paths.name} is up` : `lab ${paths.name} was up already`);
  });

program
  .command('down')
  .description('remove the lab: processes, machines, mounts, namespaces; keeps base image and fetched packages')
  .action(async () => {
    const progress = createProgress();
    const paths = labPaths();
    await stopLab(paths);
    progress.done(`lab ${paths.name} is gone`);
  });

program
  .command('deploy')
  .description('cdktf deploy of the lab environment to the lab')
  .option(
    '--app <command>',
    'what synthesizes it, such as "tsx __tests__/end-to-end/cloudflare/main.ts"; the default is that of cdktf.json',
  )
  .action(async (options: { app?: string }) => (await openLab()).deploy(options));

program
  .command('destroy')
  .description('cdktf destroy of the lab environment; the lab itself stays up')
  .action(async () => destroy(await openLab()));

program
  .command('status')
  .description('npx platform status, and how to reach the lab from this machine')
  .option('--json', 'for programs')
  .action(async (options: { json?: boolean }) => {
    process.exitCode = await showStatus(await openLab(), options.json ?? false);
  });

program
  .command('exec')
  .description("run a command on the client's side of the lab's network, with TF_VAR_*, HCLOUD_* and providers set")
  .argument('<command...>')
  .passThroughOptions()
  .action(async (argv: string[]) => {
    process.exitCode = await execInClient(await openLab(), argv, { cwd: process.cwd() });
  });

program
  .command('ssh')
  .description('log in to a machine, by SSH through the floating IP as at Hetzner; directly where the network is cut')
  .argument('<host>')
  .argument('[command...]')
  .passThroughOptions()
  .action(async (host: string, command: string[]) => {
    process.exitCode = await sshTo(await openLab(), host, command);
  });

program
  .command('logs')
  .description('journal of a machine, also of one that is off; options after the host go to journalctl')
  .argument('<host>')
  .argument('[options...]')
  .allowUnknownOption()
  .passThroughOptions()
  .action(async (host: string, options: string[]) => {
    process.exitCode = await showLogs(await openLab(), host, options);
  });

for (const [name, verb, description] of [
  ['power-on', 'powerOn', 'power a machine on'],
  ['power-off', 'powerOff', 'pull the plug of a machine'],
  ['shutdown', 'shutdown', 'ask a machine to stop'],
  ['reboot', 'reboot', 'ask a machine to reboot'],
  ['reset', 'reset', 'power a machine off and on'],
] as const) {
  program
    .command(name)
    .description(`${description}, by the emulated API`)
    .argument('<host>')
    .action(async (host: string) => (await openLab())[verb](host));
}

program
  .command('delete')
  .description('delete a server, as in the console of Hetzner, whatever it is doing; the next deploy makes it anew')
  .argument('<host>')
  .option('--volume', 'its data volume, too')
  .action(async (host: string, options: { volume?: boolean }) => (await openLab()).deleteServer(host, options));

const linkOption = () => new Option('--link <link>', 'which side').choices(['public', 'private']).default('private');
const directionOption = () =>
  new Option('--direction <direction>', 'as the machine sees it').choices(['in', 'out', 'both']).default('both');
interface LinkOptions {
  readonly link: 'public' | 'private';
  readonly peer?: string;
  readonly direction: 'in' | 'out' | 'both';
}

program
  .command('cut')
  .description('lose all packets of a link in silence')
  .argument('<host>')
  .addOption(linkOption())
  .addOption(directionOption())
  .option('--peer <peer>', 'only what goes to and comes from this machine, client, api, edge, or address')
  .action(async (machine: string, options: LinkOptions) => (await openLab()).cut({ machine, ...options }));

program
  .command('heal')
  .description('put links right: one, or without a host all')
  .argument('[host]')
  .addOption(linkOption())
  .addOption(directionOption())
  .option('--peer <peer>', 'only the cut made with this peer and direction')
  .action(async (machine: string | undefined, options: LinkOptions) => {
    const lab = await openLab();
    if (machine === undefined) await lab.healAll();
    else await lab.heal({ machine, ...options });
  });

program
  .command('degrade')
  .description('lose some packets of a link; 0 puts it right')
  .argument('<host>')
  .argument('<loss-percent>')
  .addOption(linkOption())
  .action(async (machine: string, percent: string, { link }: LinkOptions) =>
    (await openLab()).degrade({ machine, link, lossPercent: Number(percent) }),
  );

program
  .command('late-private')
  .description(
    `how long after network-online.target the private interface gets its address, from the next boot on; usual: ${USUAL_DELAY_SECONDS}`,
  )
  .argument('<seconds>')
  .argument('[host]', 'this one; none: all')
  .action(async (seconds: string, machine?: string) => (await openLab()).latePrivateInterfaces(Number(seconds), machine));

program
  .command('no-metadata')
  .description('the next server of this name finds no metadata at its first boot: no key to log in with, no user data')
  .argument('<host>')
  .action(async (machine: string) => (await openLab()).missMetadata(machine));

program.addCommand(apiFaultCommand());
program.addCommand(apiTimesCommand());
program.addCommand(mysqlRepositoryCommand());
program.addCommand(rotateCommand());
program.addCommand(revokeCommand());

program.parseAsync().catch((error: unknown) => {
  console.error(`lab: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
