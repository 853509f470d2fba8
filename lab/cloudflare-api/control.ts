/** The emulator's own control path, with the same requests as the Hetzner emulator's. */
import type { Hono } from 'hono';
import { z } from 'zod';
import { sharedControl, type ControlParts } from '../api/shared-control';
import { renderCertificate } from './certificates';
import { renderRecord } from './dns-records';
import { edgeView } from './edge-view';
import { renderHostname, renderPullCertificate } from './origin-pulls';
import type { World } from './world';
import { renderZones } from './zones';

export function buildControl(world: World, parts: ControlParts): Hono {
  const control = sharedControl(parts);
  control.get('/world', (context) => context.json(dump(world)));
  /** The root that an origin's visitors must trust in the lab: rsa or ecc. */
  control.get('/origin-ca/:kind', (context) => {
    const kind = z.enum(['rsa', 'ecc']).parse(context.req.param('kind'));
    return context.text(world.authorities.get(`origin-${kind}`).certificate);
  });
  /** The root of the client certificate that all zones share, for origins that demand it. */
  control.get('/shared-pull-ca', (context) => context.text(world.sharedPull.authority.certificate));
  /** With private keys: for the edge alone. */
  control.get('/edge', (context) => context.json(edgeView(world)));
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
