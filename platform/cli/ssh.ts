import { Command } from 'commander';
import { openDeployed } from '../environment/deployed';
import { shellLine } from '../ssh/quote';
import { NoAnswer, Reach } from '../ssh/reach';
import { EXIT, hostNamed, withHostOptions, type HostOptions } from './common';

const HELP = `
Private hosts are reached over a load balancer, whichever answers. One argument is a line for the host's shell; several are a
program and its arguments, which no shell reads. Options of this command stand before the host.
Exit code: that of the command; 255 the host does not answer; 2 it could not ask.

Examples:
  $ npx platform ssh -e production web-1
  $ npx platform ssh -e production db-1 platform-mysql status
  $ npx platform ssh -e production web-1 'journalctl -u nginx | tail -n 3'
  $ npx platform ssh -e production --tty app-1 top`;

export function sshCommand(): Command {
  return withHostOptions(new Command('ssh'))
    .description('log in to a host, or run a command there')
    .argument('<host>', 'as `platform status` names it')
    .argument('[command...]')
    .option('-t, --tty', 'a terminal for the command')
    .passThroughOptions()
    .addHelpText('after', HELP)
    .action(async (name: string, command: string[], options: HostOptions & { readonly tty?: boolean }) => {
      const deployed = await openDeployed(options.environment, options, process.env);
      const host = hostNamed(deployed.hosts, name);
      const line = lineOf(command);
      const terminal = options.tty ?? (line === undefined && process.stdin.isTTY === true);
      process.exitCode = await Reach.using(deployed, options, process.env, async (reach) => {
        try {
          return await reach.session(host, line, { terminal });
        } catch (error) {
          if (!(error instanceof NoAnswer)) throw error;
          process.stderr.write(`platform: ${host.name} does not answer: ${error.message}\n`);
          return EXIT.noAnswer;
        }
      });
    });
}

/** Undefined: a login shell. */
export function lineOf(command: readonly string[]): string | undefined {
  const [first, ...others] = command;
  return others.length === 0 ? first : shellLine(command);
}
