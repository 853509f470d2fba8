import type { Endpoint } from '../net/address-plan';
import type { Logs } from '../net/log-settings';

/** Answered by Nginx itself: whether this web server works, not whether the application does. */
export const WEB_HEALTH_PATH = '/nginx-health';

export interface NginxConfig {
  /** Name of the web server, shown in the header X-Served-By-Web and told to the application as X-Web-Host. */
  readonly hostName: string;
  /** Private IPv4 address; nothing listens anywhere else. */
  readonly listenAddress: string;
  readonly port: number;
  /** Ranges of the load balancers (CIDR). X-Forwarded-* and X-Request-Id are believed from these alone. */
  readonly trustedProxies: readonly string[];
  /** The app servers. */
  readonly upstreams: readonly Endpoint[];
  /** Absolute path of the folder of static files on the host. */
  readonly publicFolder: string;
  /** Largest body of a request, in MB. */
  readonly maxBodyMegabytes: number;
  /** Longest silence of an app server before it counts as failed, in seconds. */
  readonly readTimeoutSeconds: number;
  /** What is said of visitors. */
  readonly logs: Logs;
}

/** The whole nginx.conf of a web server (Nginx 1.26). */
export function renderNginxConfig(config: NginxConfig): string {
  return [
    process(),
    '',
    'http {',
    indent([http(), logging(config), identity(config), upstream(config), server(config)].join('\n\n')),
    '}',
    '',
  ].join('\n');
}

function process(): string {
  return `\
# The unit runs all of Nginx, its master too, as www-data; the line keeps "nginx -t" of a root shell from complaining
user www-data;
worker_processes auto;
pid /run/nginx/nginx.pid;
error_log /var/log/nginx/error.log warn;
# Open event streams and web sockets hold an old worker this long after a reload, then they have to reconnect
worker_shutdown_timeout 300s;

events {
  worker_connections 16384;
  multi_accept on;
}`;
}

function http(): string {
  return `\
include /etc/nginx/mime.types;
default_type application/octet-stream;
charset utf-8;
server_tokens off;
sendfile on;
tcp_nopush on;
etag on;
gzip on;
gzip_vary on;
gzip_proxied any;
gzip_min_length 1024;
gzip_types text/css application/javascript application/json image/svg+xml;`;
}

function logging({ logs: { clientAddresses, queries, oneSuccessIn } }: NginxConfig): string {
  const client = { full: '$remote_addr', shortened: '$logged_client', none: '-' }[clientAddresses];
  const uri = queries ? '$request_uri' : '$logged_uri';
  const maps = [
    clientAddresses === 'shortened' ? SHORTENED_ADDRESS : '',
    queries ? '' : WITHOUT_QUERY,
    oneSuccessIn === 1 ? '' : sample(oneSuccessIn),
  ];
  return `${maps.join('')}\
log_format json escape=json '{"time":"$time_iso8601","requestId":"$trusted_request_id","client":"${client}","loadBalancer":"$realip_remote_addr",'
  '"method":"$request_method","uri":"${uri}","status":$status,"bytes":$body_bytes_sent,"seconds":$request_time,'
  '"upstream":"$upstream_addr","upstreamStatus":"$upstream_status","upstreamSeconds":"$upstream_response_time",'
  '"host":"$host","agent":"$http_user_agent"}';
access_log /var/log/nginx/access.log json buffer=32k flush=1s${oneSuccessIn === 1 ? '' : ' if=$is_logged'};`;
}

const sample = (oneSuccessIn: number) => `\
split_clients "$trusted_request_id" $is_sampled {
  ${(100 / oneSuccessIn).toFixed(2)}% 1;
  * 0;
}
map "$status:$is_sampled" $is_logged {
  default 1;
  "~^[123].*:0$" 0;
}
`;

/** The quotes keep what has braces and colons together. */
const SHORTENED_ADDRESS = `\
map $remote_addr $logged_client {
  default -;
  "~^(?<ipv4>[0-9]+\\.[0-9]+\\.[0-9]+)\\." "$ipv4.0";
  "~^(?<ipv6>[0-9a-f]+:[0-9a-f]+:[0-9a-f]+):" "$ipv6::";
}
`;
const WITHOUT_QUERY = `\
map $request_uri $logged_uri {
  default -;
  "~^(?<path>[^?]*)" "$path";
}
`;

function identity({ trustedProxies }: NginxConfig): string {
  return `\
# Only a load balancer knows the client; what others claim in these headers is dropped
${trustedProxies.map((range) => `set_real_ip_from ${range};`).join('\n')}
real_ip_header X-Forwarded-For;
real_ip_recursive on;
geo $realip_remote_addr $from_load_balancer {
  default no;
${trustedProxies.map((range) => `  ${range} yes;`).join('\n')}
}
map "$from_load_balancer:$http_x_request_id" $trusted_request_id {
  default $request_id;
  "~^yes:(?<given>[A-Za-z0-9._:-]{8,128})$" $given;
}
map "$from_load_balancer:$http_x_forwarded_proto" $trusted_proto {
  default $scheme;
  "yes:https" https;
}
map $http_upgrade $connection_header {
  default upgrade;
  # empty, not "close": connections to the app servers are kept
  "" "";
}`;
}

function upstream({ upstreams }: NginxConfig): string {
  return `\
upstream app {
  zone app 256k;
  least_conn;
  # out after two failures, asked again after ten seconds
${upstreams.map((app) => `  server ${app.address}:${app.port} max_fails=2 fail_timeout=10s; # ${app.name}`).join('\n')}
  # The same once more as a last resort that is never taken out: a page that fails everywhere, or an app tier that
  # was away for a moment, must not end in "no live upstreams" for all the rest
${upstreams.map((app) => `  server ${app.address}:${app.port} max_fails=0 backup;`).join('\n')}
  keepalive 64;
  # Shorter than any app server keeps them: Nginx is the one to close, so no request meets a connection that is being
  # closed. And the time that a stopping app server waits for its connections to end
  keepalive_timeout 5s;
}`;
}

function server({ hostName, listenAddress, port, upstreams, publicFolder, maxBodyMegabytes, readTimeoutSeconds }: NginxConfig): string {
  return `\
server {
  listen ${listenAddress}:${port} default_server backlog=4096;
  server_name _;
  root ${publicFolder};

  client_max_body_size ${maxBodyMegabytes}m;
  client_body_buffer_size 64k;
  client_header_timeout 10s;
  client_body_timeout 30s;
  send_timeout 30s;
  large_client_header_buffers 4 16k;
  # Longer than the load balancers keep idle connections: they are the ones to close
  keepalive_timeout 120s;
  keepalive_requests 100000;

  add_header X-Served-By-Web ${hostName} always;

  # Answered by Nginx itself: a load balancer asks whether this web server works, not whether the application does
  location = ${WEB_HEALTH_PATH} {
    access_log off;
    default_type text/plain;
    # The unit puts the file there before it stops, so that the load balancers go elsewhere first
    if (-f /run/nginx/draining) {
      return 404 "draining\\n";
    }
    return 200 "ok\\n";
  }

  location ~ /\\.(?!well-known/) {
    return 404;
  }

  location / {
    try_files $uri $uri/index.html @app;
    # Kept, but asked for again: releases change files under the same names
    add_header Cache-Control "public, max-age=0, must-revalidate";
    add_header X-Served-By-Web ${hostName} always;
  }

  location @app {
    proxy_pass http://app;
    proxy_http_version 1.1;
    proxy_set_header Host $host;
    proxy_set_header Connection $connection_header;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header X-Request-Id $trusted_request_id;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $trusted_proto;
    proxy_set_header X-Forwarded-Host $host;
    proxy_set_header X-Real-IP "";
    proxy_set_header X-Web-Host ${hostName};

    # One lost packet (sent again after a second) is no failure, a server without power is one; who waits for two seconds is
    # still served by another then
    proxy_connect_timeout 1250ms;
    proxy_send_timeout 30s;
    proxy_read_timeout ${readTimeoutSeconds}s;

    # A request that an app server may have seen goes to another one only if repeating it is harmless.
    # "non_idempotent" must never appear here: it would execute a POST twice
    proxy_next_upstream error timeout http_502 http_503 http_504;
    # Not more than there are app servers: beyond the last one Nginx would say 502 instead of passing on their answer
    proxy_next_upstream_tries ${Math.min(3, upstreams.length)};
    proxy_next_upstream_timeout 20s;

    proxy_buffers 16 16k;
    proxy_buffer_size 16k;
    proxy_busy_buffers_size 32k;
    # A download larger than the buffers waits for its client, it does not fill the disk
    proxy_max_temp_file_size 0;
  }
}`;
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}
