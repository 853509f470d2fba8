import type { Server } from 'node:http';
import { json, serverOf, text, type Reply } from '../common/http-server';
import { renderMetrics } from '../common/metrics';
import type { Agent } from './agent';
import type { ShownCertificate } from './certificate';
import type { Config } from './config';
import { addressesArrived, metricsOf, peerReportOf, statusOf } from './reporting';
import { switchOver } from './switchover';

/** On the private address: the other load balancer, health checks, metrics. Nothing here changes anything. */
export function statusServer(agent: Agent, config: Config, certificate: () => Promise<ShownCertificate | null>, now: () => number): Server {
  return serverOf({
    'GET /healthz': () => text('alive\n'),
    'GET /ready': () =>
      addressesArrived(agent.state, config) ? text('floating IP and NAT gateway are with this pair\n') : text('not yet\n', 503),
    'GET /peer': () => json(peerReportOf(agent.state, now())),
    'GET /status': () => json(statusOf(agent.state, agent.decision, config, now())),
    'GET /certificate': async () => certificateReply(await certificate()),
    'GET /metrics': async () => text(renderMetrics(metricsOf(agent.state, agent.decision, config, await certificate(), now()))),
  });
}

/** On a socket that root of this host alone can reach: what moves the addresses. */
export function controlServer(agent: Agent, config: Config, now: () => number): Server {
  return serverOf({
    'POST /switchover': async () => {
      const { ok, text: message } = await switchOver(agent, config, now);
      return text(`${message}\n`, ok ? 200 : 409);
    },
  });
}

function certificateReply(certificate: ShownCertificate | null): Reply {
  return certificate
    ? json({ ...certificate, endsAt: new Date(certificate.endsAt).toISOString() })
    : text('HAProxy does not answer\n', 503);
}
