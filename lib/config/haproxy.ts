import type { Endpoint } from '../net/address-plan';
import type { PORTS } from '../net/ports';

export interface HaproxyLimits {
  /** Client connections at the same time; more wait in the kernel's queue. @default 20000, fits 4 GB of memory */
  readonly connections?: number;
  /** Requests that one web server works on at the same time; more wait up to 10 s, then get 503. @default 1000 */
  readonly requestsPerServer?: number;
  /**
   * Connections that one address may have open, 0 for no limit. More are closed at once. Behind Cloudflare, whose proxies
   * share connections among visitors: requests of one visitor at the same time, more get 429. @default 500
   */
  readonly connectionsPerAddress?: number;
  /** Requests that one address (behind Cloudflare: one visitor) may send in 10 s, 0 for no limit. More get 429. @default 2000 */
  readonly requestsPerAddress?: number;
}

export interface Hsts {
  /** How long browsers may use https only, in seconds. */
  readonly maxAgeSeconds: number;
  readonly includeSubdomains?: boolean;
}

export interface HaproxyConfig {
  /** Private IPv4 address for health, statistics and metrics. */
  readonly privateAddress: string;
  readonly ports: Pick<(typeof PORTS)['lb'], 'http' | 'https' | 'metrics'>;
  /** The web servers. */
  readonly upstreams: readonly Endpoint[];
  /**
   * Folder on the host with `site.pem` (certificate, chain and key) and `unavailable.http` (whole answer for when no
   * web server is left); with `cloudflare` also `cloudflare.lst` (ranges of its proxies, one a line), with origin pulls
   * `origin-pulls-ca.pem`. The environment variable HAPROXY_FILES overrides it, so that new files can be checked first.
   */
  readonly files: string;
  /** @default none: a site that later drops https would be unreachable for all who have seen the header */
  readonly hsts?: Hsts;
  readonly limits?: HaproxyLimits;
  /** Cloudflare's proxies stand in front. @default clients come by themselves, and what they say of themselves is not believed */
  readonly cloudflare?: {
    /** Whether the proxies' client certificate is asked for, or demanded. @default neither */
    readonly originPulls?: 'optional' | 'required';
  };
  /**
   * An ACME client obtains the certificate. Adds to `files`: `obtained.pem` (what it has got, empty until then), `pair.pem`
   * (certificate and key of this load balancer among the two) and `pair-ca.pem` (their CA). @default nothing of that
   */
  readonly acme?: {
    /** Where the client answers a challenge: both load balancers, because the address may move between question and answer. */
    readonly responders: readonly Endpoint[];
    /** Where the other load balancer gets `obtained.pem`. */
    readonly sharePort: number;
    readonly sharePath: string;
  };
}

/** Answered by HAProxy itself on the public side. The other load balancer asks it before it takes the address. */
export const PEER_HEALTH_PATH = '/.well-known/load-balancer-health';

const DEFAULT_LIMITS: Required<HaproxyLimits> = {
  connections: 20_000,
  requestsPerServer: 1_000,
  connectionsPerAddress: 500,
  requestsPerAddress: 2_000,
};

/** HAProxy (3.0 in Debian 13, 2.8 in Ubuntu 24.04) in front of the web servers: here TLS ends. */
export function renderHaproxyConfig(config: HaproxyConfig): string {
  const limits = { ...DEFAULT_LIMITS, ...config.limits };
  const { acme } = config;
  return [
    global(config, limits),
    defaults(),
    redirect(config),
    site(config, limits),
    web(config, limits),
    ...(acme ? [challenge(acme), share(config.privateAddress, acme)] : []),
    inside(config),
  ].join('\n\n') + '\n';
}

function global({ files, acme }: HaproxyConfig, { connections }: Required<HaproxyLimits>): string {
  return `\
global
  presetenv HAPROXY_FILES ${files}
  log /dev/log local0
  chroot /var/lib/haproxy
  user haproxy
  group haproxy
  # As many clients as the limit allows, the redirect's, and room for health checks and metrics: a flood of clients
  # must not look like a dead HAProxy
  maxconn ${connections + REDIRECT_CONNECTIONS + INSIDE_CONNECTIONS + (acme ? SHARE_CONNECTIONS : 0)}
  # Where the unit's limit of open files cannot be raised: fewer connections are better than no HAProxy
  no strict-limits
  # root only, and the listening sockets pass to the new process through it: a reload refuses nobody
  stats socket /run/haproxy/admin.sock user root group root mode 600 level admin expose-fd listeners
  stats timeout 30s
  # After a reload the old process finishes what it has begun, but not for ever
  hard-stop-after 60s
  # TLS 1.2 and 1.3 with forward secrecy. No tickets: their key would never change while the process lives
  ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets
  ssl-default-bind-curves X25519:prime256v1:secp384r1
  ssl-default-bind-ciphers ${TLS12_CIPHERS}
  ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256
  # Streams that a client opens and resets at once still count until the backend let go of them
  tune.h2.max-concurrent-streams 100`;
}

const REDIRECT_CONNECTIONS = 2_000;
const INSIDE_CONNECTIONS = 200;
const SHARE_CONNECTIONS = 20;
const TLS12_CIPHERS = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

function defaults(): string {
  return `\
defaults
  mode http
  log global
  option httplog
  option dontlognull
  # A reload closes an idle connection only with the answer to its next request: no client runs into a closed one
  option idle-close-on-response
  # A connection of its own for each request to a web server: a POST can never meet one that is just being closed,
  # and there is no idle connection left to a server that was removed
  option http-server-close
  timeout connect 2s
  # A slow client has 10 s for its whole request head, and may then be silent for 30 s
  timeout http-request 10s
  timeout http-keep-alive 15s
  timeout client 30s
  timeout client-fin 10s
  # Longer than Nginx waits for the application: the better error message is Nginx's
  timeout server 75s
  timeout server-fin 10s
  timeout queue 10s
  # Web sockets
  timeout tunnel 1h
  # A server without power lets a connection time out: then to another one at once
  retries 2
  option redispatch 1
  errorfile 503 "\${HAPROXY_FILES}/unavailable.http"`;
}

function redirect({ ports, acme }: HaproxyConfig): string {
  return [
    'frontend http',
    `  bind :${ports.http}`,
    `  maxconn ${REDIRECT_CONNECTIONS}`,
    `  http-request return status 200 content-type text/plain string "alive\\n" if { path ${PEER_HEALTH_PATH} }`,
    `  http-request redirect scheme https code 301${acme ? ` if !{ path_beg ${CHALLENGE_PATH} }` : ''}`,
    ...(acme ? ['  default_backend acme-challenge'] : []),
  ].join('\n');
}

const CHALLENGE_PATH = '/.well-known/acme-challenge/';

type Acme = NonNullable<HaproxyConfig['acme']>;

function challenge({ responders }: Acme): string {
  return [
    'backend acme-challenge',
    '  # The client listens only while it is asked, and on one of the two: whoever refuses is passed over at once, whoever',
    '  # is off after 2 s (timeout connect); the ACME server waits for 10 s. No health checks: they would see neither in time',
    '  balance roundrobin',
    ...responders.map(({ name, address, port }) => `  server ${name} ${address}:${port}`),
  ].join('\n');
}

function share(privateAddress: string, { sharePort, sharePath }: Acme): string {
  return `\
# Private side only, for the other load balancer alone: the certificate that was obtained, with its key. Both prove who
# they are by certificates of a CA that signs for these two and nobody else
frontend certificate
  bind ${privateAddress}:${sharePort} ssl crt "\${HAPROXY_FILES}/pair.pem" ca-file "\${HAPROXY_FILES}/pair-ca.pem" verify required ssl-min-ver TLSv1.3
  maxconn ${SHARE_CONNECTIONS}
  option dontlog-normal
  http-request return status 200 content-type application/x-pem-file file "\${HAPROXY_FILES}/obtained.pem" if { path ${sharePath} }
  http-request return status 404`;
}

function site({ ports, hsts, cloudflare, acme }: HaproxyConfig, limits: Required<HaproxyLimits>): string {
  return [
    'frontend site',
    `  bind :${ports.https} ssl crt "\${HAPROXY_FILES}/site.pem" alpn h2,http/1.1${cloudflare?.originPulls ? ' ca-file "${HAPROXY_FILES}/origin-pulls-ca.pem" verify optional' : ''}`,
    `  maxconn ${limits.connections}`,
    ...(cloudflare ? proxyTimeout() : connectionLimit(limits)),
    '  # Before the limit of requests: the other load balancer asks four times a second',
    `  http-request set-log-level silent if { path ${PEER_HEALTH_PATH} }`,
    `  http-request return status 200 content-type text/plain string "alive\\n" if { path ${PEER_HEALTH_PATH} }`,
    ...(cloudflare?.originPulls === 'required' ? clientCertificate() : []),
    ...(cloudflare ? [...visitorAddress(), ...visitorLimit(limits)] : []),
    ...requestLimit(limits),
    '  # What the client says of itself is not believed: this is the first machine that knows',
    '  http-request set-header X-Forwarded-For %[src]',
    '  http-request set-header X-Forwarded-Proto https',
    '  unique-id-format %[uuid()]',
    '  http-request set-header X-Request-Id %[unique-id]',
    '  http-after-response set-header X-Request-Id %[unique-id]',
    ...(hsts ? [`  http-after-response set-header Strict-Transport-Security "${hstsValue(hsts)}"`] : []),
    ...(acme ? ['  # A proxy in front may have sent the question on to https', `  use_backend acme-challenge if { path_beg ${CHALLENGE_PATH} }`] : []),
    '  default_backend web',
  ].join('\n');
}

function proxyTimeout(): string[] {
  return [
    '  # Cloudflare keeps idle connections for up to 900 s, and has to be the one that closes them: a request that meets a',
    '  # connection which is just being closed is an error page to its visitor',
    '  timeout http-keep-alive 910s',
    '  # HTTP/1.1 connections end by this one, too, idle or not',
    '  timeout client 910s',
  ];
}

function clientCertificate(): string[] {
  return [
    '  # "verify optional" has refused a wrong certificate by now; this refuses none at all. The other load balancer has none',
    '  http-request deny deny_status 403 if !{ ssl_c_used 1 } or !{ ssl_c_verify 0 }',
  ];
}

function visitorAddress(): string[] {
  return [
    '  # From here on, src is the visitor: in limits, headers and logs. Nobody but a proxy can say who that is',
    '  acl from_cloudflare src -f "${HAPROXY_FILES}/cloudflare.lst"',
    '  http-request del-header CF-Connecting-IP if !from_cloudflare',
    '  http-request set-src req.hdr_ip(CF-Connecting-IP) if { req.hdr(CF-Connecting-IP) -m found }',
  ];
}

function visitorLimit(limits: Required<HaproxyLimits>): string[] {
  return limitsOf('ipv6', limits, '  http-request track-sc0 src', '  http-request deny deny_status 429');
}

function connectionLimit(limits: Required<HaproxyLimits>): string[] {
  return limitsOf('ip', limits, '  tcp-request connection track-sc0 src', '  tcp-request connection reject');
}

function limitsOf(type: 'ip' | 'ipv6', { connectionsPerAddress, requestsPerAddress }: Required<HaproxyLimits>, track: string, refuse: string): string[] {
  if (connectionsPerAddress === 0 && requestsPerAddress === 0) return [];
  return [
    '  # 100,000 addresses take some 15 MB; when the table is full the oldest is forgotten',
    `  stick-table type ${type} size 100k expire 60s store conn_cur,http_req_rate(10s)`,
    track,
    ...(connectionsPerAddress === 0 ? [] : [`${refuse} if { sc0_conn_cur gt ${connectionsPerAddress} }`]),
  ];
}

function requestLimit({ requestsPerAddress }: Required<HaproxyLimits>): string[] {
  return requestsPerAddress === 0 ? [] : [`  http-request deny deny_status 429 if { sc0_http_req_rate gt ${requestsPerAddress} }`];
}

function hstsValue({ maxAgeSeconds, includeSubdomains }: Hsts): string {
  return `max-age=${maxAgeSeconds}${includeSubdomains ? '; includeSubDomains' : ''}`;
}

function web({ upstreams }: HaproxyConfig, { requestsPerServer }: Required<HaproxyLimits>): string {
  return [
    'backend web',
    '  balance leastconn',
    '  option httpchk',
    '  http-check send meth GET uri /nginx-health ver HTTP/1.1 hdr Host load-balancer',
    '  http-check expect status 200',
    '  # A web server that is about to stop gets nothing new, and finishes what it has',
    '  http-check disable-on-404',
    '  # A server that is silent counts as failed after 0.8 s, and twice in a row takes it out: at most 2.9 s',
    '  timeout check 800ms',
    '  # A request is sent again only if repeating it does no harm. A POST is never: it may have been executed',
    '  retry-on conn-failure empty-response junk-response response-timeout 502 503 504',
    '  http-request disable-l7-retry if !{ method GET HEAD OPTIONS }',
    '  # A server that comes back gets its full share after 5 s. Errors in the traffic only bring the next check',
    '  # forward: an application that answers 500 must not take its web server out',
    `  default-server check inter 1s fastinter 250ms downinter 1s fall 2 rise 2 slowstart 5s maxconn ${requestsPerServer}`,
    '  default-server observe layer7 error-limit 5 on-error fastinter on-marked-down shutdown-sessions',
    ...upstreams.map(({ name, address, port }) => `  server ${name} ${address}:${port}`),
  ].join('\n');
}

function inside({ privateAddress, ports }: HaproxyConfig): string {
  return `\
# Private side only: keepalived's check, Prometheus, statistics to look at
frontend inside
  bind ${privateAddress}:${ports.metrics}
  maxconn ${INSIDE_CONNECTIONS}
  option dontlog-normal
  http-request return status 200 content-type text/plain string "alive\\n" if { path /healthz }
  http-request use-service prometheus-exporter if { path /metrics }
  stats enable
  stats uri /stats
  stats refresh 5s
  http-request return status 404 if !{ path_beg /stats }`;
}
