/** The emulator's own control path, with the same requests as the Hetzner emulator's. */
import type { Hono } from 'hono';
import { z } from 'zod';
import { sharedControl, type ControlParts } from '../api/shared-control';
import { renderCertificate } from './certificates';
import { renderRecord } from './dns-records';
import { edgeView } from './edge-view';
import { renderHostname, renderPullCertificate } from './origin-pulls';
import type { Account } from './account';
import { renderZones } from './zones';

export function buildControl(account: Account, parts: ControlParts): Hono {
  const control = sharedControl(parts);
  // An older name: see lab/api/control.ts
  control.get('/world', (context) => context.json(dump(account)));
  /** The root that an origin's visitors must trust in the lab: rsa or ecc. */
  control.get('/origin-ca/:kind', (context) => {
    const kind = z.enum(['rsa', 'ecc']).parse(context.req.param('kind'));
    return context.text(account.authorities.get(`origin-${kind}`).certificate);
  });
  /** The root of the client certificate that all zones share, for origins that demand it. */
  control.get('/shared-pull-ca', (context) => context.text(account.sharedPull.authority.certificate));
  /** With private keys: for the edge alone. */
  control.get('/edge', (context) => context.json(edgeView(account)));
  return control;
}

/** All objects as the API shows them, and what went wrong. */
function dump(account: Account): object {
  return {
    zones: renderZones(account),
    dns_records: [...account.records.values()].map(renderRecord),
    certificates: [...account.certificates.values()].map(renderCertificate),
    origin_pull_certificates: [...account.pullCertificates.values()].map((each) => renderPullCertificate(account, each)),
    origin_pull_hostnames: [...account.hostnamePulls.values()].map((each) => renderHostname(account, each)),
    settings: Object.fromEntries(account.settings),
    unexpectedRequests: account.unexpectedRequests,
    failures: account.failures,
  };
}
