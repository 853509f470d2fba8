import { Command, CommanderError } from 'commander';
import { UsageError } from '../environment/usage-error';
import { doctorCommand } from './doctor';

const program = new Command('platform')
  .description('Commands for people who operate an environment of main.ts, at Hetzner or in the lab.')
  .showHelpAfterError()
  .exitOverride();
program.addCommand(doctorCommand());
// Subcommands that are added do not inherit it
for (const command of program.commands) command.exitOverride().showHelpAfterError();

/** It could not even ask. */
const COULD_NOT_ASK = 2;

program.parseAsync().catch((error: unknown) => {
  // Commander has printed what is wrong, or the help that was asked for
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : COULD_NOT_ASK;
    return;
  }
  process.stderr.write(`platform: ${error instanceof UsageError ? error.message : String(error instanceof Error ? error.stack : error)}\n`);
  process.exitCode = COULD_NOT_ASK;
});
