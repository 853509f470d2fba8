/** What the agent of a MySQL member says of its role. */
export interface RoleOfMember {
  readonly role?: string | null;
  readonly primary?: { readonly ok: boolean };
}

/** PRIMARY is only who may be written to: an old one that has not heard of its successor still calls itself that. */
export function memberRole({ role, primary }: RoleOfMember): string | null | undefined {
  return role === 'PRIMARY' && primary?.ok === false ? 'NOT WRITABLE' : role;
}
