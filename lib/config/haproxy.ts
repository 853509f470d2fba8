import type { Endpoint } from '../net/address-plan';
import type { Limits } from '../net/capacity';
import type { Logs } from '../net/log-settings';
import { WEB_HEALTH_PATH } from './nginx';

/** Strict-Transport-Security. */
export interface Hsts {
  /** How long browsers may use https only, in seconds. */
  readonly maxAgeSeconds: number;
  /** Also for all names below. @default false */
  readonly includeSubdomains?: boolean;
}

export interface HaproxyConfig {
  /** Private IPv4 address for health, statistics and metrics. */
  readonly privateAddress: string;
  readonly ports: Readonly<Record<'http' | 'https' | 'metrics' | 'pair', number>>;
  /** The web servers. */
  readonly upstreams: readonly Endpoint[];
  /**
   * Folder on the host with `site.pem` (certificate, chain and key), `unavailable.http` (whole answer for when no
   * web server is left), `peer.lst` (public address of the other load balancer), `pair.pem` (certificate and key of this load balancer
   * among the two) and `pair-ca.pem` (their CA); with `cloudflare` also `cloudflare.lst` (ranges of its proxies, one a line), with origin
   * pulls `origin-pulls-ca.pem`. The environment variable HAPROXY_FILES overrides it, so that new files can be checked first.
   */
  readonly files: string;
  /**
   * Names that visitors ask for; `*.example.com` stands for all below it. A request for another gets 421, so that the application meets
   * none that it does not know. @default any
   */
  readonly hostNames?: readonly string[];
  /** @default none: a site that later drops https would be unreachable for all who have seen the header */
  readonly hsts?: Hsts;
  /**
   * Folder on the host with the keys of session tickets, as agents/ticket-keys writes them: `keys` (three, a line each) and `shared.map`
   * (the same for the other load balancer). @default no tickets: sessions are in memory, and end with the process
   */
  readonly tickets?: string;
  readonly limits: Limits;
  /** What is said of visitors. */
  readonly logs: Logs;
  /** Cloudflare's proxies stand in front. @default clients come by themselves, and what they say of themselves is not believed */
  readonly cloudflare?: {
    /** Whether the proxies' client certificate is asked for, or demanded. @default neither */
    readonly originPulls?: 'optional' | 'required';
  };
  /**
   * An ACME client obtains the certificate. Adds `obtained.pem` to `files`: what it has got, empty until then. @default nothing of that
   */
  readonly acme?: {
    /** Where the client answers a challenge: both load balancers, because the address may move between question and answer. */
    readonly responders: readonly Endpoint[];
    /** Where the other load balancer gets `obtained.pem`, at the port `pair`. */
    readonly sharePath: string;
  };
}

/** Answered by HAProxy itself on the public side, to the other load balancer alone, which asks before it takes the address. */
export const PEER_HEALTH_PATH = '/.well-known/load-balancer-health';

/** HAProxy (3.0 in Debian 13, 2.8 in Ubuntu 24.04) in front of the web servers: here TLS ends. */
export function renderHaproxyConfig(config: HaproxyConfig): string {
  const { acme } = config;
  return (
    [
      global(config),
      defaults(config),
      redirect(config),
      site(config),
      web(config),
      webUnsafe(config),
      webStreams(config),
      ...requestRateTable(config.limits),
      ...(acme ? [challenge(acme)] : []),
      pair(config),
      inside(config),
    ].join('\n\n') + '\n'
  );
}

function global({ files, tickets, cloudflare, limits: { connections } }: HaproxyConfig): string {
  return `\
global
  presetenv HAPROXY_FILES ${files}
  log /dev/log local0
  chroot /var/lib/haproxy
  user haproxy
  group haproxy
  # As many clients as the limit allows, the redirect's, and room for health checks and metrics: a flood of clients
  # must not look like a dead HAProxy
  maxconn ${connections + REDIRECT_CONNECTIONS + INSIDE_CONNECTIONS + PAIR_CONNECTIONS}
  # Where the unit's limit of open files cannot be raised: fewer connections are better than no HAProxy
  no strict-limits
  # root only, and the listening sockets pass to the new process through it: a reload refuses nobody
  stats socket /run/haproxy/admin.sock user root group root mode 600 level admin expose-fd listeners
  stats timeout 30s
  # After a reload the old process finishes what it has begun, but not for ever
  hard-stop-after 60s
  # TLS 1.2 and 1.3 with forward secrecy
  ssl-default-bind-options ssl-min-ver TLSv1.2${tickets ? '' : ' no-tls-tickets'}
${resumption(tickets)}
  ssl-default-bind-curves X25519:prime256v1:secp384r1
  ssl-default-bind-ciphers ${TLS12_CIPHERS}
  ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256
  # Streams that a client opens and resets at once still count until the backend let go of them
  ${streamsPerConnection(cloudflare)}`;
}

function resumption(tickets: string | undefined): string {
  if (!tickets) return '  # No tickets: their keys would never change while the process lives';
  return `\
  # A session can be resumed for an hour, in seconds: for at least that long the key of a ticket is known. The penultimate of three
  # encrypts, and each hour brings another one
  tune.ssl.lifetime ${TICKET_SECONDS}`;
}

function streamsPerConnection(cloudflare: HaproxyConfig['cloudflare']): string {
  if (cloudflare) return 'tune.h2.max-concurrent-streams 100';
  return `\
# A browser keeps the rest back by itself: with its one connection it stays below its share of two web servers
  tune.h2.max-concurrent-streams ${STREAMS_PER_CONNECTION}`;
}

const TICKET_SECONDS = 3_600;
const STREAMS_PER_CONNECTION = 20;
const REDIRECT_CONNECTIONS = 2_000;
const INSIDE_CONNECTIONS = 200;
const PAIR_CONNECTIONS = 20;
const TLS12_CIPHERS = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** As `option httplog`, with less of who asked and for what. */
function logFormat({ clientAddresses, queries }: Logs): string {
  if (clientAddresses === 'full' && queries) return 'option httplog';
  const client = { full: '%ci:%cp', shortened: '%[src,ipmask(24,48)]', none: '-' }[clientAddresses];
  const request = queries ? '%{+Q}r' : '"%HM %HP %HV"';
  return [
    `log-format '${client} [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs ${request}'`,
    '  # Handshakes that fail, too',
    `  error-log-format '${client} [%tr] %ft %[fc_err_str]'`,
  ].join('\n');
}

function defaults({ logs }: HaproxyConfig): string {
  return `\
defaults
  mode http
  log global
  ${logFormat(logs)}
  option dontlognull
  # A reload closes an idle connection only with the answer to its next request: no client runs into a closed one
  option idle-close-on-response
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

function redirect({ ports, acme, cloudflare, limits, hostNames }: HaproxyConfig): string {
  return [
    'frontend http',
    `  bind :${ports.http}`,
    `  maxconn ${REDIRECT_CONNECTIONS}`,
    // Cloudflare's proxies come in the name of many
    ...(cloudflare ? [] : connectionLimit(limits, REDIRECT_CONNECTIONS)),
    ...knownHosts(hostNames, acme ? ` !{ path_beg ${CHALLENGE_PATH} }` : ''),
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
    '  option http-server-close',
    ...responders.map(({ name, address, port }) => `  server ${name} ${address}:${port}`),
  ].join('\n');
}

/** Path at which HAProxy shows the other load balancer its keys of session tickets. */
export const TICKET_KEYS_PATH = '/ticket-keys';

function pair({ privateAddress, ports, tickets, acme }: HaproxyConfig): string {
  return [
    '# Private side only, for the other load balancer alone: secrets that both have. Both prove who they are by certificates of a CA',
    '# that signs for these two and nobody else',
    'frontend pair',
    `  bind ${privateAddress}:${ports.pair} ssl crt "\${HAPROXY_FILES}/pair.pem" ca-file "\${HAPROXY_FILES}/pair-ca.pem" verify required ssl-min-ver TLSv1.3 no-tls-tickets`,
    `  maxconn ${PAIR_CONNECTIONS}`,
    '  option dontlog-normal',
    '  # HAProxy remembers the sessions of all frontends together, and asks nobody who resumes one for a certificate',
    '  http-request deny deny_status 403 if { ssl_fc_is_resumed }',
    ...(tickets
      ? [
          `  http-request return status 200 content-type text/plain lf-string "%[str(keys),map(${tickets}/shared.map)]" if { path ${TICKET_KEYS_PATH} }`,
        ]
      : []),
    ...(acme
      ? [
          `  http-request return status 200 content-type application/x-pem-file file "\${HAPROXY_FILES}/obtained.pem" if { path ${acme.sharePath} }`,
        ]
      : []),
    '  http-request return status 404',
  ].join('\n');
}

/** One name a line: HAProxy takes 64 words in one. */
function knownHosts(names: readonly string[] | undefined, exception: string): string[] {
  if (!names) return [];
  return [
    ...names.map(
      (name) => `  acl known_host req.hdr(host),field(1,:),lower ${name.startsWith('*.') ? `-m end ${name.slice(1)}` : `-m str ${name}`}`,
    ),
    `  http-request deny status 421 content-type text/plain string "This name is not served here.\\n" if !known_host${exception}`,
  ];
}

/** By which a client could make itself another to the application, or its request one for another page. */
const CLIENT_CLAIMS = [
  'Forwarded',
  'True-Client-IP',
  'X-Real-IP',
  'X-Client-IP',
  'X-Cluster-Client-IP',
  'X-Original-URL',
  'X-Rewrite-URL',
  'Proxy',
];

function site({ ports, hsts, cloudflare, acme, tickets, limits, hostNames }: HaproxyConfig): string {
  return [
    'frontend site',
    `  bind :${ports.https} ssl crt "\${HAPROXY_FILES}/site.pem" alpn h2,http/1.1${tickets ? ` tls-ticket-keys ${tickets}/keys` : ''}${cloudflare?.originPulls ? ' ca-file "${HAPROXY_FILES}/origin-pulls-ca.pem" verify optional' : ''}`,
    `  maxconn ${limits.connections}`,
    '  # What a web server has answered without trouble is in the log of that web server. The journal takes some 30 microseconds of',
    '  # processor time for a line, and drops lines of a service that writes more than 300 to 1,000 a second',
    '  option dontlog-normal',
    ...(cloudflare ? proxyTimeout() : []),
    '  # The other load balancer asks four times a second: before all limits, and without a place in the log. It has no client',
    '  # certificate',
    '  acl from_other_load_balancer src -f "${HAPROXY_FILES}/peer.lst"',
    `  acl other_load_balancer_asks path ${PEER_HEALTH_PATH}`,
    ...(cloudflare ? [] : ['  tcp-request connection accept if from_other_load_balancer', ...connectionLimit(limits, limits.connections)]),
    '  http-request set-log-level silent if other_load_balancer_asks from_other_load_balancer',
    '  http-request return status 200 content-type text/plain string "alive\\n" if other_load_balancer_asks from_other_load_balancer',
    ...(cloudflare?.originPulls === 'required' ? clientCertificate() : []),
    ...(cloudflare ? visitorAddress() : []),
    ...requestRate(limits),
    ...requestsUnderWay(limits),
    ...knownHosts(hostNames, acme ? ` !{ path_beg ${CHALLENGE_PATH} }` : ''),
    '  # What the client says of itself is not believed: this is the first machine that knows',
    ...[...CLIENT_CLAIMS, ...(cloudflare ? [] : ['CF-Connecting-IP'])].map((name) => `  http-request del-header ${name}`),
    '  http-request del-header X-Forwarded- -m beg',
    '  http-request set-header X-Forwarded-For %[src]',
    '  http-request set-header X-Forwarded-Proto https',
    '  unique-id-format %[uuid()]',
    '  http-request set-header X-Request-Id %[unique-id]',
    '  http-after-response set-header X-Request-Id %[unique-id]',
    ...(hsts ? [`  http-after-response set-header Strict-Transport-Security "${hstsValue(hsts)}"`] : []),
    ...(acme
      ? ['  # A proxy in front may have sent the question on to https', `  use_backend acme-challenge if { path_beg ${CHALLENGE_PATH} }`]
      : []),
    '  use_backend web-streams if long_lived',
    "  # A body is read to its end from a connection of its own: whatever a web server takes for its end, no other visitor's",
    '  # request stands behind it',
    `  use_backend web-unsafe if !{ method ${SAFE_METHODS} } or { req.body_size gt 0 }`,
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

/** A visitor with one IPv6 address mostly has 2^64 of them. */
const SOURCE = 'src,ipmask(32,64)';
const stickTable = (counters: string) => [
  '  # 100,000 addresses take some 20 MB; when the table is full the oldest is forgotten',
  `  stick-table type ipv6 size 100k expire 60s store ${counters}`,
];

/** Of `total` connections. Before TLS, so that a refused one costs next to nothing. */
function connectionLimit({ connections, connectionsPerAddress, requestsPerAddress, crowdedFrom, shares }: Limits, total: number): string[] {
  if (connectionsPerAddress === 0 && requestsPerAddress === 0) return [];
  const of = (count: number) => Math.max(1, Math.floor((count * total) / connections));
  const reject = (condition: string) => `  tcp-request connection reject if ${condition}`;
  return [
    ...stickTable('conn_cur,conn_rate(10s)'),
    `  tcp-request connection track-sc0 ${SOURCE}`,
    ...(requestsPerAddress === 0 ? [] : [reject(`{ sc0_conn_rate gt ${requestsPerAddress} }`)]),
    ...(connectionsPerAddress === 0
      ? []
      : [
          reject(`{ sc0_conn_cur gt ${of(connectionsPerAddress)} }`),
          '  # A quarter is in use: from here on each gets its share of the rest',
          reject(`{ fe_conn gt ${of(crowdedFrom.connections)} } { sc0_conn_cur gt ${of(shares.connections)} }`),
        ]),
  ];
}

function requestRate({ requestsPerAddress }: Limits): string[] {
  if (requestsPerAddress === 0) return [];
  return [
    `  http-request track-sc1 ${SOURCE} table request-rate`,
    `  http-request deny deny_status 429 if { sc1_http_req_rate gt ${requestsPerAddress} }`,
  ];
}

function requestsUnderWay(limits: Limits): string[] {
  return [
    '  # Web sockets and event streams stay for hours. They have places of their own at the web servers',
    '  acl long_lived req.hdr(Upgrade) -m found',
    '  acl long_lived req.hdr(Accept) -m sub -i text/event-stream',
    `  http-request track-sc2 ${SOURCE} table web unless long_lived`,
    `  http-request track-sc2 ${SOURCE} table web-streams if long_lived`,
    '  # conn_cur of a tracked request counts requests under way, of all connections',
    ...(limits.requestsAtOncePerAddress === 0
      ? []
      : [`  http-request deny deny_status 429 if !long_lived { sc2_conn_cur gt ${limits.requestsAtOncePerAddress} }`]),
    ...(limits.streamsPerAddress === 0
      ? []
      : [`  http-request deny deny_status 429 if long_lived { sc2_conn_cur gt ${limits.streamsPerAddress} }`]),
    '  # A web server sees a request when its body is here, or as much of it as a buffer holds (16 kB): who sends slower than',
    '  # that in 10 s gets 408, and has taken no place. After that the question whether there is room',
    '  http-request wait-for-body time 10s unless long_lived',
    '  # When a quarter of what the working web servers take is in use, each address gets its share of the rest and no more',
    ...(limits.requestsAtOncePerAddress === 0
      ? []
      : [
          '  http-request set-var(txn.unsafe) be_conn(web-unsafe)',
          ...crowd('web', ',add(txn.unsafe)', '!long_lived', limits.crowdedFrom.requests, limits.shares.requests),
        ]),
    ...(limits.streamsPerAddress === 0 ? [] : crowd('web-streams', '', 'long_lived', limits.crowdedFrom.streams, limits.shares.streams)),
  ];
}

function crowd(backend: string, more: string, which: string, crowdedFrom: number, share: number): string[] {
  return [
    `  http-request set-var(txn.crowded_from) nbsrv(${backend}),mul(${crowdedFrom}) if ${which}`,
    `  http-request set-var(txn.share) nbsrv(${backend}),mul(${share}) if ${which}`,
    `  http-request deny deny_status 429 if ${which} { nbsrv(${backend}) gt 0 } { be_conn(${backend})${more},sub(txn.crowded_from) gt 0 } { sc2_conn_cur,sub(txn.share) gt 0 }`,
  ];
}

function hstsValue({ maxAgeSeconds, includeSubdomains }: Hsts): string {
  return `max-age=${maxAgeSeconds}${includeSubdomains ? '; includeSubDomains' : ''}`;
}

/** Those that change nothing (RFC 9110, 9.2.1), and no rarer ones: a request with one of them may be sent again. */
const SAFE_METHODS = 'GET HEAD OPTIONS';

const REPETITION = [
  '  # A request is sent again only if repeating it does no harm. A POST is never: it may have been executed',
  '  retry-on conn-failure empty-response junk-response response-timeout 502 503 504',
  `  http-request disable-l7-retry if !{ method ${SAFE_METHODS} }`,
];

function web({ upstreams, limits }: HaproxyConfig): string {
  return [
    '# GET, HEAD and OPTIONS: visitors share kept connections to the web servers. A request that meets one which is just being',
    '# closed, or whose server is dead, is sent again to another server',
    'backend web',
    ...stickTable('conn_cur'),
    '  balance leastconn',
    '  http-reuse always',
    '  option httpchk',
    `  http-check send meth GET uri ${WEB_HEALTH_PATH} ver HTTP/1.1 hdr Host load-balancer`,
    '  http-check expect status 200',
    '  # A web server that is about to stop gets nothing new, and finishes what it has',
    '  http-check disable-on-404',
    '  # A server that is silent counts as failed after 0.8 s, and twice in a row takes it out: at most 2.9 s',
    '  timeout check 800ms',
    ...REPETITION,
    '  # A server that comes back gets its full share after 5 s. Errors in the traffic only bring the next check',
    '  # forward: an application that answers 500 must not take its web server out',
    `  default-server check inter 1s fastinter 250ms downinter 1s fall 2 rise 2 slowstart 5s maxconn ${limits.requestsPerServer}`,
    '  # No shutdown-sessions: since 3.0 that closes requests instead of sending them again. silent-peers.service ends the connections to a',
    '  # server that is silent, after 1.05 s at most: all that have no keep-alive timer, which are the ones of this backend',
    '  default-server observe layer7 error-limit 5 on-error fastinter',
    '  # A server without power acknowledges nothing: 1 s after it was sent, a request goes to another server. Linux looks when it repeats,',
    '  # so that this is after four losses in a row on a kept connection, and after one on a new one. On each line, because default-server',
    '  # does not pass tcp-ut on',
    ...upstreams.map(({ name, address, port }) => `  server ${name} ${address}:${port} tcp-ut 600ms`),
  ].join('\n');
}

function webUnsafe(config: HaproxyConfig): string {
  return [
    '# The same web servers for POST and all else that may change something, and for whatever has a body',
    'backend web-unsafe',
    ...OWN_CONNECTIONS,
    '  # No shutdown-sessions: by HTTP/2 it tells the client that nobody has seen the request (REFUSED_STREAM), and browsers would send',
    '  # a POST again that a frozen server may still execute. A server without power is noticed by its connections, after 5 s: 502',
    '  srvtcpka-idle 1s',
    '  srvtcpka-intvl 1s',
    `  default-server slowstart 5s maxconn ${config.limits.requestsPerServer}`,
    ...trackedServers(config).map((server) => `${server} tcp-ut 5s`),
  ].join('\n');
}

function webStreams(config: HaproxyConfig): string {
  return [
    '# And for web sockets and event streams',
    'backend web-streams',
    ...stickTable('conn_cur'),
    ...OWN_CONNECTIONS,
    `  default-server slowstart 5s maxconn ${config.limits.streamsPerServer} on-marked-down shutdown-sessions`,
    ...trackedServers(config),
  ].join('\n');
}

const OWN_CONNECTIONS = [
  '  balance leastconn',
  '  # A connection of its own for each request: a POST can never meet one that is just being closed',
  '  option http-server-close',
  '  # By its timer silent-peers.service knows what must not be sent again',
  '  option srvtcpka',
  '  # One lost packet (sent again after a second) is no failure, a server without power is one: then to another one at once',
  '  timeout connect 1250ms',
  '  # As web has it: the checks are those of web',
  '  option httpchk',
  '  http-check disable-on-404',
  ...REPETITION,
];

const trackedServers = ({ upstreams }: HaproxyConfig) =>
  upstreams.map(({ name, address, port }) => `  server ${name} ${address}:${port} track web/${name}`);

function requestRateTable({ requestsPerAddress }: Limits): string[] {
  if (requestsPerAddress === 0) return [];
  return [
    [
      '# No servers: a table of how many requests an address has sent of late',
      'backend request-rate',
      ...stickTable('http_req_rate(10s)'),
    ].join('\n'),
  ];
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
