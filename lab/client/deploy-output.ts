import { stripVTControlCharacters } from 'node:util';

/** A line of `cdktf deploy` worth showing: something began, ended or failed. */
export interface DeployLine {
  readonly kind: 'progress' | 'error' | 'remedy';
  readonly text: string;
  /** What to do if this step fails: its address. */
  readonly step?: string;
}

const SECONDS_WORTH_TELLING = 5;

/**
 * Removes colours, cursor movements and the name of the stack, which cdktf sets before the first of several lines. Empty lines give
 * nothing.
 */
export function plainText(line: string): string[] {
  const plain = stripVTControlCharacters(line)
    .replace(/^(lab)?\s+/, '')
    .trimEnd();
  return plain === '' || /^[⠀-⣿]/.test(plain) ? [] : [plain];
}

/** null: a line without news. */
export function readDeployLine(line: string): DeployLine | null {
  const [plain] = plainText(line);
  if (plain === undefined) return null;
  if (/^\s*[│╷╵]/.test(plain)) return { kind: 'error', text: plain };
  const spoken = /^\S*?(\w[\w-]*) \(remote-exec\): (\S+\.sh: .*)$/.exec(plain);
  if (spoken) return { kind: 'progress', text: `${hostOf(plain)}: ${spoken[2] ?? ''}` };
  const remedy = /^(\S+) \(local-exec\): (first login .*)$/.exec(plain);
  if (remedy) return { kind: 'remedy', step: remedy[1], text: remedy[2] ?? '' };
  const ended = /^(\S+): (Creation|Destruction|Modifications) complete after (\S+)/.exec(plain);
  if (ended && secondsOf(ended[3] ?? '') >= SECONDS_WORTH_TELLING) {
    return { kind: 'progress', text: `${ended[1]}: ${ended[2]?.toLowerCase()} took ${ended[3]}` };
  }
  if (/^(Plan:|Apply complete|Destroy complete|No changes|Initializing|Terraform has been successfully)/.test(plain)) {
    return { kind: 'progress', text: plain };
  }
  return null;
}

/** From `terraform_data.web_web-1_install_1234 (remote-exec)`: web-1 install. */
function hostOf(line: string): string {
  const address = line.split(' ')[0] ?? '';
  const found = /((?:lb|web|app|db)-\d+)[_-](install|configure)/.exec(address);
  return found ? `${found[1]} ${found[2]}` : address;
}

function secondsOf(duration: string): number {
  const match = /^(?:(\d+)m)?(\d+)s$/.exec(duration);
  return match ? Number(match[1] ?? 0) * 60 + Number(match[2]) : 0;
}
