import type { Endpoint } from '../net/address-plan';

export interface DatabaseRouterConfig {
  /** SQL endpoints of all MySQL members. */
  readonly members: readonly Endpoint[];
  /** Port on which each member's agent answers GET /primary and GET /reader with 200 or 503. */
  readonly memberHealthPort: number;
  /** Port on 127.0.0.1 that leads to the PRIMARY. */
  readonly primaryPort: number;
  /** Port on 127.0.0.1 that leads to members fit for reads. */
  readonly readersPort: number;
  /** Private IPv4 address for the Prometheus endpoint. */
  readonly metricsAddress: string;
  readonly metricsPort: number;
}

/** HAProxy 3.0 on an app server: the application always connects to 127.0.0.1, whichever member is PRIMARY. */
export function renderDatabaseRouterConfig(config: DatabaseRouterConfig): string {
  return [global(), primary(config), readers(config), metrics(config)].join('\n\n') + '\n';
}

function global(): string {
  return `\
global
  log stderr format raw local0 notice
  maxconn 4000
  hard-stop-after 30s
  stats socket /run/database-router/admin.sock mode 600 level admin

defaults
  log global
  mode tcp
  option dontlognull
  option tcpka
  option redispatch 1
  retries 2
  timeout connect 1s
  # Connections of a pool may be idle for long; those to a lost member are closed by its health check
  timeout client 8h
  timeout server 8h
  timeout check 500ms`;
}

// A member without power fails four checks, of 250 ms each, in 1.6 s, well before the group has elected another PRIMARY; at 5 % packet loss
// two would cut healthy connections. A PRIMARY that has handed over says so itself (503): it is left 0.3 s after it was first asked.
const CHECK = 'inter 250ms fastinter 100ms downinter 250ms fall 4 rise 1';

function primary({ members, primaryPort, memberHealthPort }: DatabaseRouterConfig): string {
  return `\
listen primary
  bind 127.0.0.1:${primaryPort}
  option httpchk
  http-check send meth GET uri /primary
  http-check expect status 200
  # A demoted or lost PRIMARY loses its sessions at once: the application notices, and nothing is written to it
  default-server check port ${memberHealthPort} ${CHECK} on-marked-down shutdown-sessions
${servers(members)}`;
}

function readers({ members, readersPort, memberHealthPort }: DatabaseRouterConfig): string {
  return `\
frontend readers
  bind 127.0.0.1:${readersPort}
  use_backend primary if { nbsrv(readers) eq 0 }
  default_backend readers

backend readers
  balance leastconn
  option httpchk
  http-check send meth GET uri /reader
  http-check expect status 200
  default-server check port ${memberHealthPort} ${CHECK} on-marked-down shutdown-sessions
${servers(members)}`;
}

function metrics({ metricsAddress, metricsPort }: DatabaseRouterConfig): string {
  return `\
frontend metrics
  mode http
  bind ${metricsAddress}:${metricsPort}
  timeout client 10s
  http-request use-service prometheus-exporter if { path /metrics }
  http-request return status 404`;
}

function servers(members: readonly Endpoint[]): string {
  return members.map((member) => `  server ${member.name} ${member.address}:${member.port}`).join('\n');
}
