/** The role that the agent of a MySQL member reports. */
export interface RoleOfMember {
  readonly role?: string | null;
  readonly primary?: { readonly ok: boolean };
}

/** PRIMARY is only a member that accepts writes: a former one that does not know its successor still calls itself PRIMARY. */
export function memberRole({ role, primary }: RoleOfMember): string | null | undefined {
  return role === 'PRIMARY' && primary?.ok === false ? 'NOT WRITABLE' : role;
}
