import { PrivateKey } from '@cdktf/provider-tls/lib/private-key';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { Token } from 'cdktf';
import type { Construct } from 'constructs';
import type { Tier } from '../net/address-plan';
import { PORTS } from '../net/ports';
import { MOST_SERVERS } from '../settings/servers';
import type { ProvisionedServer } from './provisioned-server';
import type { Site } from './site';

/** A tier that may get fewer servers, and the tier that sends it requests. */
export interface DeleteInOrderProps {
  readonly site: Site;
  readonly tier: Extract<Tier, 'web' | 'app'>;
  readonly servers: readonly ProvisionedServer[];
  /** Those that send requests to `servers`. */
  readonly inFront: readonly ProvisionedServer[];
}

/**
 * After a reload HAProxy ends what is still under way after 60 s (`hard-stop-after`), and the default of `web.readTimeoutSeconds` is 40.
 * Web sockets and event streams may last longer: they are cut, and connect again.
 */
const LET_GO_SECONDS = 60;

/**
 * Servers that a deploy takes out of a tier are deleted after the tier in front has been configured without them, and after what was under
 * way has ended. Terraform by itself deletes them at once: docs/decisions/0014-servers-are-deleted-last.md says why it takes this.
 *
 *   configure (in front) ── let-go (in front) ── provider of the gate ── gate (deleted) ── server (deleted)
 *
 * Each server has a gate, which is deleted before it, and each gate has a provider of its own. The provider of a server that the tier does
 * not have (any more) refers to the steps `let-go`, and so Terraform deletes the gate after them. All other providers refer to nothing.
 */
export function deleteInOrder(scope: Construct, { site, tier, servers, inFront }: DeleteInOrderProps): void {
  const addresses = servers.map(({ host }) => host.address).join(' ');
  const command = ['/opt/platform/bin/let-go', site.plan.subnets[tier], PORTS[tier].http, LET_GO_SECONDS, addresses].join(' ');
  const steps = inFront.map((server) => server.run('let-go', command, { triggers: { servers: addresses }, after: [] }));
  // Known at plan, whatever the steps are going to do: a provider cannot work with what is not
  const afterSteps = `\${length([${steps.map((step) => step.trigger('servers')).join(', ')}]) > 0}`;
  // The first one never leaves
  for (const { name, ordinal } of site.hosts(tier, MOST_SERVERS).slice(1)) {
    const server = servers[ordinal - 1];
    const provider = new TlsProvider(scope, `tls-${name}`, {
      alias: name,
      // All that this provider can be told. No resource of it looks at that
      ...(!server && { proxy: [{ fromEnv: Token.asAny(afterSteps) }] }),
    });
    if (server) new PrivateKey(server, 'deletion-gate', { algorithm: 'ED25519', provider, dependsOn: [server.server] });
  }
}
