/** One word for a POSIX shell, whatever is in it. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A program and its arguments, as a line for the shell of a host: no word is read as anything else. */
export function shellLine(argv: readonly string[]): string {
  return argv.map(quote).join(' ');
}

/** The same as root. @param user who logs in: root needs no sudo, and all others have it without a password */
export function asRoot(user: string, argv: readonly string[]): string {
  return shellLine(user === 'root' ? argv : ['sudo', '--non-interactive', '--', ...argv]);
}

/** Text of a host for a terminal: without characters that could move its cursor or change its colours. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}]+/gu, ' ').trim();
}
