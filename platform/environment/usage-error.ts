/** The command cannot do what was asked for; its message says what to do instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
