import { Command, CommanderError } from 'commander';
import { UsageError } from '../environment/usage-error';
import { capacityCommand } from './capacity';
import { EXIT, couldNotAsk } from './common';
import { completionCommand } from './completion';
import { doctorCommand } from './doctor';
import { driftCommand } from './drift';
import { logsCommand } from './logs';
import { openCommand } from './open';
import { resizeCommand } from './resize';
import { sshCommand } from './ssh';
import { statusCommand } from './status';
import { summaryCommand } from './summary';
import { switchoverCommand } from './switchover';

const program = new Command('platform')
  .description('Commands for people who operate an environment of main.ts, at Hetzner or in the lab.')
  .showHelpAfterError('(platform --help, or platform VERB --help, says more)')
  .enablePositionalOptions()
  .exitOverride();
for (const command of [
  statusCommand(),
  sshCommand(),
  logsCommand(),
  switchoverCommand(),
  resizeCommand(),
  openCommand(),
  doctorCommand(),
  driftCommand(),
  summaryCommand(),
  capacityCommand(),
])
  program.addCommand(command);
program.addCommand(completionCommand(program));
// Subcommands that are added do not inherit it
for (const command of program.commands) command.exitOverride().showHelpAfterError(`(platform ${command.name()} --help says more)`);

program.parseAsync().catch((error: unknown) => {
  // Commander has printed what is wrong, or the help that was asked for
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT.fine : couldNotAsk(process.argv[2]);
    return;
  }
  process.stderr.write(`platform: ${error instanceof UsageError ? error.message : String(error instanceof Error ? error.stack : error)}\n`);
  process.exitCode = couldNotAsk(process.argv[2]);
});
