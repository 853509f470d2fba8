/** The emulator's own control path, in the words of the Hetzner emulator's. */
import { Hono } from 'hono';
import { z } from 'zod';
import { faultSchema, type Faults } from '../api/faults';
import type { RequestLog } from '../api/request-log';
import { renderCertificate } from './certificates';
import { renderRecord } from './dns-records';
import { edgeView } from './edge-view';
import { renderHostname, renderPullCertificate } from './origin-pulls';
import type { World } from './world';
import { renderZones } from './zones';

export function buildControl(world: World, { faults, log }: { faults: Faults; log: RequestLog }): Hono {
  const control = new Hono();
  control.get('/faults', (context) => context.json({ faults: faults.all().map(({ id, match, effect, remaining, hits }) => ({ id, match, effect, remaining, hits })) }));
  control.post('/faults', async (context) => context.json({ id: faults.add(faultSchema.parse(await context.req.json())).id }, 201));
  control.delete('/faults', (context) => {
    faults.clear();
    return context.body(null, 204);
  });
  control.delete('/faults/:id', (context) => {
    const id = context.req.param('id');
    return faults.remove(id) ? context.body(null, 204) : context.json({ error: `no fault '${id}'` }, 404);
  });
  control.get('/world', (context) => context.json(dump(world)));
  control.get('/requests', (context) => context.json({ requests: log.after(Number(context.req.query('after') ?? 0)) }));
  /** The root that an origin's visitors must trust in the lab: rsa or ecc. */
  control.get('/origin-ca/:kind', (context) => {
    const kind = z.enum(['rsa', 'ecc']).parse(context.req.param('kind'));
    return context.text(world.authorities.get(`origin-${kind}`).certificate);
  });
  /** The root of the client certificate that all zones share, for origins that demand it. */
  control.get('/shared-pull-ca', (context) => context.text(world.sharedPull.authority.certificate));
  /** With private keys: for the edge alone. */
  control.get('/edge', (context) => context.json(edgeView(world)));
  control.notFound((context) => context.json({ error: `the control path does not know ${context.req.method} ${context.req.path}` }, 404));
  control.onError((error, context) => context.json({ error: error.message }, error instanceof z.ZodError || error instanceof SyntaxError ? 422 : 500));
  return control;
}

/** All objects as the API shows them, and what went wrong. */
function dump(world: World): object {
  return {
    zones: renderZones(world),
    dns_records: [...world.records.values()].map(renderRecord),
    certificates: [...world.certificates.values()].map(renderCertificate),
    origin_pull_certificates: [...world.pullCertificates.values()].map((each) => renderPullCertificate(world, each)),
    origin_pull_hostnames: [...world.hostnamePulls.values()].map((each) => renderHostname(world, each)),
    settings: Object.fromEntries(world.settings),
    unexpectedRequests: world.unexpectedRequests,
    failures: world.failures,
  };
}
