import { z } from 'zod';
import { ApiError } from './errors';

export const tokenSchema = z.strictObject({
  value: z.string().min(1),
  access: z.enum(['read', 'read-write']).default('read-write'),
});

export type Token = z.output<typeof tokenSchema>;

/** The tokens of the project by name, as in the console. Each is made and revoked by itself. */
export class Tokens {
  private readonly byName: Map<string, Token>;

  constructor(tokens: Readonly<Record<string, Token>>) {
    this.byName = new Map(Object.entries(tokens));
  }

  /** A new value under an existing name revokes the former one at once. */
  set(name: string, token: Token): void {
    this.byName.set(name, token);
  }

  revoke(name: string): boolean {
    return this.byName.delete(name);
  }

  /** Never their values. */
  list(): readonly { readonly name: string; readonly access: Token['access'] }[] {
    return [...this.byName].map(([name, { access }]) => ({ name, access }));
  }

  /** @param authorization the request's header */
  find(authorization: string | undefined): Token | null {
    return [...this.byName.values()].find(({ value }) => authorization === `Bearer ${value}`) ?? null;
  }
}

export const unauthorized = (): ApiError => new ApiError(401, 'unauthorized', 'unable to authenticate');
