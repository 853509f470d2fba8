import { WEB_HEALTH_PATH } from '../config/nginx';
import {
  renderSecurityUpdatesEnvironment,
  renderSecurityUpdatesNetwork,
  renderSecurityUpdatesSocket,
  renderSecurityUpdatesTimer,
} from '../config/security-updates';
import { endpoint, type Host } from '../net/address-plan';
import { PORTS } from '../net/ports';
import { turnOf, type RebootWindow } from './reboot-window';

/** The files of a host that keeps itself up to date, one after another in a tier. @param peers the other hosts of its tier */
export function securityUpdates(host: Host, peers: readonly Host[], window: RebootWindow): Record<string, string> {
  const { tier } = host;
  const config = {
    host,
    peers: peers.map((peer) => endpoint(peer, PORTS[tier].updates)),
    port: PORTS[tier].updates,
    ...(tier === 'lb' && { addressesUrl: `http://${host.address}:${PORTS.lb.floatingIpAgent}/metrics` }),
    healthUrls: healthUrls(tier, host.address),
  };
  return {
    '/etc/platform/security-updates.env': renderSecurityUpdatesEnvironment(config),
    '/etc/systemd/system/security-updates.timer': renderSecurityUpdatesTimer(turnOf(host, window)),
    '/etc/systemd/system/security-updates-answer.socket.d/address.conf': renderSecurityUpdatesSocket(config),
    '/etc/systemd/system/security-updates-answer@.service.d/network.conf': renderSecurityUpdatesNetwork(config),
  };
}

/** Each answers well only where this host does its part for others. @param address its private one */
export const healthUrls = (tier: Host['tier'], address: string): readonly string[] =>
  healthPaths(tier).map((path) => `http://${address}:${path}`);

function healthPaths(tier: Host['tier']): readonly string[] {
  switch (tier) {
    case 'lb':
      return [`${PORTS.lb.metrics}/healthz`, `${PORTS.lb.floatingIpAgent}/ready`];
    case 'web':
      return [`${PORTS.web.http}${WEB_HEALTH_PATH}`];
    case 'app':
      return [`${PORTS.app.http}/readyz`];
    case 'mysql':
      // ONLINE in a majority, and not behind
      return [`${PORTS.mysql.memberHealth}/reader`];
  }
}
