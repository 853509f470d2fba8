import { expect } from 'vitest';
import type { Lab } from '../../lab/lab';
import { attempt } from '../../lab/traffic';

/** The page comes, and so does what only the database knows. */
export async function expectVisitorsServed(lab: Lab): Promise<void> {
  for (const path of ['/', '/api/notes']) expect((await attempt(lab.target, { method: 'GET', path })).answer?.status, path).toBe(200);
}
