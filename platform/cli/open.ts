import { Command } from 'commander';
import { execa } from 'execa';
import { openDeployed } from '../environment/deployed';
import { withEnvironmentOptions, type HostOptions } from './common';

const HELP = `
Examples:
  $ npx platform open production
  $ curl --head "$(npx platform open production)"     a pipe opens no browser`;

export function openCommand(): Command {
  return withEnvironmentOptions(new Command('open'))
    .description('print the URL that visitors use, and open it where there is a browser')
    .argument('[environment]', 'the same as --environment')
    .option('--json', 'for programs; opens nothing')
    .addHelpText('after', HELP)
    .action(async (name: string | undefined, options: Omit<HostOptions, 'timeout'> & { readonly json?: boolean }) => {
      const { name: environment, url } = await openDeployed(name ?? options.environment, options, process.env);
      process.stdout.write(`${options.json ? JSON.stringify({ environment, url }) : url}\n`);
      const program = options.json || !process.stdout.isTTY ? undefined : browserOf(process.platform, process.env);
      // The URL is on the screen anyhow
      if (program) await execa(program, [url], { stdio: 'ignore', reject: false });
    });
}

/** The program that shows a URL; undefined where nobody could see it. */
export function browserOf(system: NodeJS.Platform, env: NodeJS.ProcessEnv): string | undefined {
  if (system === 'darwin') return env['SSH_CONNECTION'] === undefined ? 'open' : undefined;
  return env['DISPLAY'] || env['WAYLAND_DISPLAY'] ? 'xdg-open' : undefined;
}
