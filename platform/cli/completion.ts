import { Argument, Command } from 'commander';
import { openDeployed, synthesizedNames } from '../environment/deployed';
import { readProject } from '../environment/synth';
import { TIERS } from '../../lib/net/address-plan';
import { quote } from '../ssh/quote';

/** Words that may follow a verb. */
export interface VerbWords {
  readonly verb: string;
  readonly options: readonly string[];
  /** What stands behind the verb, and behind options that name such a thing. */
  readonly words: readonly string[];
}

const HELP = `
The names of environments and hosts are those of the folder it runs in, at that time.

Examples, for ~/.bashrc:
  $ alias platform='npx platform'
  $ eval "$(cd ~/shop && npx platform completion bash)"`;

export function completionCommand(program: Command): Command {
  return new Command('completion')
    .description('print what makes a shell complete verbs, options, environments and hosts')
    .addArgument(new Argument('<shell>').choices(['bash']))
    .addHelpText('after', HELP)
    .action(async () => {
      const environments = await readProject({}, process.env)
        .then(synthesizedNames)
        .catch(() => []);
      const hosts = await Promise.all(environments.map(hostNames));
      process.stdout.write(renderBash(verbsOf(program, environments, [...new Set(hosts.flat())]), environments));
    });
}

/** None where it is not deployed. Remote state is not asked. */
async function hostNames(environment: string): Promise<readonly string[]> {
  // A program that is not there: a local state needs none
  const env = { ...process.env, TERRAFORM_BINARY_NAME: '/nonexistent/terraform' };
  return openDeployed(environment, {}, env)
    .then(({ hosts }) => hosts.map(({ name }) => name))
    .catch(() => []);
}

export function verbsOf(program: Command, environments: readonly string[], hosts: readonly string[]): readonly VerbWords[] {
  return program.commands.map((command) => ({
    verb: command.name(),
    options: [...command.options.flatMap(({ long }) => long ?? []), '--help'],
    words: command.registeredArguments.flatMap((argument) => {
      if (argument.argChoices) return argument.argChoices;
      switch (argument.name()) {
        case 'environment':
          return environments;
        case 'host':
          return hosts;
        case 'host|tier':
          return [...TIERS, ...hosts];
        default:
          return [];
      }
    }),
  }));
}

/** One function for bash; names become quoted words of it. */
export function renderBash(verbs: readonly VerbWords[], environments: readonly string[]): string {
  const list = (words: readonly string[]) => quote(words.join(' '));
  return `_platform() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} verb=\${COMP_WORDS[1]:-} words options
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W ${list(verbs.map(({ verb }) => verb))} -- "$current")
    return
  fi
  case $verb in
${verbs.map(({ verb, options, words }) => `    ${quote(verb)}) words=${list(words)} options=${list(options)} ;;\n`).join('')}    *) return ;;
  esac
  case $before in
    -e | --environment) words=${list(environments)} ;;
    -i | --identity | --output)
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
    *) [[ $current != -* ]] || words=$options ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _platform platform
`;
}
