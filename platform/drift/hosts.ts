import type { Deployed } from '../environment/deployed';
import type { Host } from '../environment/outputs';
import { asRoot, printable, quote, shellLine } from '../ssh/quote';
import { NoAnswer, type Answered, type Reach } from '../ssh/reach';
import { partOf } from '../summary/hosts';
import type { Difference, Told } from './report';

/** What a login shell may have printed is before it. */
const MARK = 'platform: drift';
/** Exit codes of platform-drift, and of a shell that does not find it. */
const NONE = 0;
const ANY = 2;
const NOT_FOUND = 127;
/** To hash a release of the application, on a host that has other work. */
const SECONDS = 60;

type Names = Pick<Deployed, 'name' | 'sshUser' | 'state'>;

/** What a host says of its files and units; null where it does not answer. */
export type HostTold = Told & { readonly host: Host; readonly noAnswer: string | null };

/** Never throws because of the host. */
export async function askHost(reach: Reach, host: Host): Promise<HostTold> {
  const { deployed } = reach;
  const line = asRoot(deployed.sshUser, ['sh', '-c', `echo '${MARK}'; exec platform-drift`]);
  try {
    return { host, noAnswer: null, ...readAnswer(deployed, host, await reach.run(host, line, SECONDS)) };
  } catch (error) {
    if (error instanceof NoAnswer) return { host, noAnswer: error.message, differences: [], unasked: [] };
    throw error;
  }
}

export function readAnswer(names: Names, host: Host, { exitCode, stdout, stderr }: Answered): Told {
  const [, said] = stdout.split(MARK);
  const failed = (why: string): Told => ({ differences: [], unasked: [`files and units of ${host.name}: ${why}`] });
  if (exitCode === NOT_FOUND) return failed('it has no platform-drift yet, which the next deploy brings');
  if (said === undefined || (exitCode !== NONE && exitCode !== ANY)) return failed(printable(stderr) || `it ended with ${exitCode}`);
  const lines = said.split('\n').filter((line) => line !== '');
  return { differences: lines.map((line) => readLine(names, host, line)), unasked: [] };
}

function readLine(names: Names, host: Host, line: string): Difference {
  const [name = '', what = '', remedy = ''] = line.split('\t').map(printable);
  return { where: host.name, what: `${name} ${what}`, remedy: remedyOf(names, host, remedy) };
}

/** @param remedy a step of a deploy, or a command on the host */
function remedyOf({ name, sshUser, state }: Names, host: Host, remedy: string): string {
  const step = [...state.keys()].find((address) => {
    const part = partOf(address);
    return part?.host === host.name && part.kind === remedy;
  });
  if (step !== undefined) return deployAgain(name, step);
  if (!remedy.includes(' ')) return `npx cdktf deploy ${quote(name)}`;
  // Each word is quoted: what a host says is no command here
  const command = [...(sshUser === 'root' ? [] : ['sudo']), ...remedy.split(' ')];
  return shellLine(['npx', 'platform', 'ssh', '-e', name, host.name, ...command]);
}

/** A deploy in which a step runs again although nothing that it uploads has changed. cdktf has no option for that; Terraform reads the variable. */
const deployAgain = (name: string, step: string) => `TF_CLI_ARGS_apply=-replace=${step} npx cdktf deploy ${quote(name)}`;
