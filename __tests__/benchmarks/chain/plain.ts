import type { HaproxyConfig } from '../../../lib/config/haproxy';
import type { NginxConfig } from '../../../lib/config/nginx';

/** What a good administrator writes who wants a fast chain, and none of this project's protections. Logs are as ours. */
export function plainHaproxy({ ports, upstreams, files }: HaproxyConfig): string {
  return `\
global
  log /dev/log local0
  maxconn 20000
  no strict-limits
  ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets

defaults
  mode http
  log global
  option httplog
  timeout connect 5s
  timeout client 30s
  timeout server 60s
  timeout http-request 10s
  timeout http-keep-alive 15s

frontend site
  bind :${ports.https} ssl crt ${files}/site.pem alpn h2,http/1.1
  http-request set-header X-Forwarded-Proto https
  option forwardfor
  default_backend web

backend web
  balance leastconn
  option httpchk GET /nginx-health
${upstreams.map(({ name, address, port }) => `  server ${name} ${address}:${port} check`).join('\n')}
`;
}

export function plainNginx({ listenAddress, port, upstreams, publicFolder }: NginxConfig): string {
  return `\
user www-data;
worker_processes auto;
pid /run/nginx/nginx.pid;
error_log /var/log/nginx/error.log warn;

events {
  worker_connections 16384;
}

http {
  include /etc/nginx/mime.types;
  sendfile on;
  tcp_nopush on;
  gzip on;
  access_log /var/log/nginx/access.log combined buffer=32k flush=1s;
  keepalive_timeout 65s;

  upstream app {
${upstreams.map(({ address, port: appPort }) => `    server ${address}:${appPort};`).join('\n')}
    keepalive 64;
  }

  server {
    listen ${listenAddress}:${port} backlog=4096;
    root ${publicFolder};

    location = /nginx-health {
      access_log off;
      return 200;
    }

    location / {
      try_files $uri @app;
    }

    location @app {
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr;
    }
  }
}
`;
}
