import { Hono } from 'hono';
import { z } from 'zod';
import type { NameServers } from './name-servers';
import { SITE_FAULTS, type SiteListeners } from './sites';

const siteFault = z.strictObject({ host: z.string(), kind: z.enum(SITE_FAULTS) });
const resolverFault = z.strictObject({ addresses: z.array(z.string()).optional() });

/** Breaks names and sites: `/resolvers/fault` and `/sites/fault`, POST and DELETE. */
export function createNamesControl(nameServers: NameServers, sites: SiteListeners): Hono {
  const app = new Hono();

  app.get('/resolvers/fault', (c) => c.json({ broken: nameServers.broken }));
  /** `{ addresses }` to silence; without it, all of them. */
  app.post('/resolvers/fault', async (c) => {
    nameServers.break(resolverFault.parse(await c.req.json()).addresses);
    return c.json({});
  });
  app.delete('/resolvers/fault', (c) => {
    nameServers.mend();
    return c.json({});
  });

  app.get('/sites/fault', (c) => c.json(sites.faults));
  /** `{ host, kind }`, such as repo.mysql.com and refused. */
  app.post('/sites/fault', async (c) => {
    const { host, kind } = siteFault.parse(await c.req.json());
    await sites.break(host, kind);
    return c.json({});
  });
  /** With `?host=` only that one. */
  app.delete('/sites/fault', async (c) => {
    await sites.mend(c.req.query('host'));
    return c.json({});
  });
  return app;
}
