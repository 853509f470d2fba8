#!/usr/bin/env bash
# load-balancer.sh install|configure: HAProxy, keepalived, the floating-ip agent and the NAT gateway; safe to run again
set -euo pipefail
source "$(dirname "$0")/common.sh"
source "$(dirname "$0")/shared/watch-peers.sh"

readonly HAPROXY_CONFIG=/etc/haproxy/haproxy.cfg
readonly HAPROXY_FILES=/etc/haproxy/platform
readonly HAPROXY_DROP_IN=haproxy.service.d/load-balancer.conf
# Of the name of Debian's, so that it holds in its place
readonly HAPROXY_TMPFILES=/etc/tmpfiles.d/haproxy.conf
readonly CERTIFICATE=/etc/platform/credentials/tls-certificate
readonly ORIGIN_PULLS_CA=/etc/platform/credentials/origin-pulls-ca
# How the two know each other
readonly PAIR_CERTIFICATE=/etc/platform/credentials/pair-certificate
readonly PAIR_CA=/etc/platform/credentials/pair-ca
# Not where proxies show a certificate of a CA, which resumed sessions do not
readonly TICKET_AGENT=/opt/platform/agents/ticket-keys.js
readonly TICKET_AGENT_PEER=/etc/systemd/system/ticket-keys.service.d/peer.conf
readonly TICKET_KEYS=/run/ticket-keys
# With an ACME client only: what it has obtained
readonly OBTAINED=/var/lib/certificate-agent/obtained.pem
readonly NONE_YET='none yet'
readonly CERTIFICATE_AGENT=/opt/platform/agents/certificate.js
readonly CERTIFICATE_AGENT_CONFIG=/etc/platform/certificate-agent.json
readonly CERTIFICATE_AGENT_NETWORK=/etc/systemd/system/certificate-agent.service.d/network.conf
readonly DIRECTORY_CA=/etc/platform/acme-directory-ca.pem
readonly TOKEN=/etc/platform/credentials/failover-token
readonly KEEPALIVED_CONFIG=/etc/keepalived/keepalived.conf
readonly KEEPALIVED_DROP_IN=keepalived.service.d/load-balancer.conf
readonly AGENT=/opt/platform/agents/floating-ip.js
readonly AGENT_CONFIG=/etc/platform/floating-ip.json
readonly NAT_RULES=/etc/platform/nat-gateway.nft
readonly SYSCTL=/etc/sysctl.d/90-load-balancer.conf

install_role() {
  install_packages haproxy keepalived nodejs curl ca-certificates
  # Both are known before the host firewall names them
  add_user floating-ip
  add_user certificate-agent
}

add_user() {
  id "$1" >/dev/null 2>&1 || useradd --system --home-dir /nonexistent --shell /usr/sbin/nologin "$1"
}

# quietly COMMAND...: what it says is shown only if it fails
quietly() {
  local said
  said=$("$@" 2>&1) && return
  printf '%s\n' "$said" >&2
  return 1
}

# Its settings exist only once the module is loaded, at boot too
load_connection_tracking() {
  printf 'nf_conntrack\n' >"$UPLOAD_DIR/modules.conf"
  replace_file "$UPLOAD_DIR/modules.conf" /etc/modules-load.d/nat-gateway.conf
  modprobe --quiet nf_conntrack || [[ -d /proc/sys/net/netfilter ]] || log "this kernel has no nf_conntrack"
}

apply_floating_ip_address() {
  install_unit floating-ip-address.service
  enable_unit floating-ip-address.service
  systemctl reload-or-restart floating-ip-address.service
}

apply_nat_gateway() {
  nft --check --file "$(staged "$NAT_RULES")" || die "nft rejects the NAT rules; the running ones were left alone"
  replace_file "$(staged "$NAT_RULES")" "$NAT_RULES"
  install_unit nat-gateway.service
  enable_unit nat-gateway.service
  systemctl reload-or-restart nat-gateway.service
}

keep_haproxys_folder() {
  replace_file "$UPLOAD_DIR/load-balancer/haproxy-tmpfiles.conf" "$HAPROXY_TMPFILES"
  systemd-tmpfiles --create "$HAPROXY_TMPFILES"
}

wants_tickets() {
  [[ -f $(staged "$TICKET_AGENT_PEER") ]]
}

# HAProxy reads them when it starts
make_first_ticket_keys() {
  wants_tickets || return 0
  replace_file "$UPLOAD_DIR/load-balancer/first-ticket-keys" /usr/local/lib/platform/first-ticket-keys 0755
  install_unit first-ticket-keys.service
  enable_unit first-ticket-keys.service
  systemctl start first-ticket-keys.service || die "there are no keys of session tickets: $(last_words first-ticket-keys 5)"
}

# From here on visitors' sessions outlive a failover. Without it they do not, and nothing else is wrong
apply_ticket_agent() {
  if ! wants_tickets; then
    remove_ticket_keys
    return
  fi
  local program
  program=$(staged "$TICKET_AGENT")
  node --check "$program" || die "node rejects the new agent of session tickets; the running one was left alone"
  replace_file "$program" "$TICKET_AGENT"
  replace_file "$(staged "$TICKET_AGENT_PEER")" "$TICKET_AGENT_PEER"
  install_unit ticket-keys.service ticket-keys.timer
  enable_unit ticket-keys.timer
  systemctl restart ticket-keys.timer
  systemctl start ticket-keys.service || log "WARNING: $(last_words ticket-keys 1)"
}

remove_ticket_keys() {
  [[ -f $TICKET_AGENT_PEER ]] || return 0
  systemctl disable --quiet --now ticket-keys.timer first-ticket-keys.service
  systemctl stop ticket-keys.service
  rm -rf "$TICKET_AGENT_PEER" "$TICKET_KEYS"
}

# Configuration, certificates and the other files are checked together, and go live together or not at all
apply_haproxy() {
  local config page file candidate=/etc/haproxy/candidate proxies=$UPLOAD_DIR/cloudflare.lst peer=$UPLOAD_DIR/peer.lst
  config=$(staged "$HAPROXY_CONFIG")
  page=$(staged "$HAPROXY_FILES/unavailable.http")
  proxy_ranges >"$proxies"
  fact PEER_PUBLIC_ADDRESS >"$peer"
  local applied=("$config" "$page" "$CERTIFICATE" "$proxies" "$peer" "$ORIGIN_PULLS_CA" "$PAIR_CERTIFICATE" "$PAIR_CA" "$UPLOAD_DIR/units/$HAPROXY_DROP_IN")
  already_applied "${applied[@]}" && haproxy_answers && return

  rm -rf "$candidate"
  install -d -m 0700 "$candidate"
  replace_file "$page" "$candidate/unavailable.http"
  replace_file "$proxies" "$candidate/cloudflare.lst"
  replace_file "$peer" "$candidate/peer.lst"
  replace_file "$PAIR_CERTIFICATE" "$candidate/pair.pem" 0600
  replace_file "$PAIR_CA" "$candidate/pair-ca.pem"
  [[ ! -f $ORIGIN_PULLS_CA ]] || replace_file "$ORIGIN_PULLS_CA" "$candidate/origin-pulls-ca.pem"
  if wants_acme; then
    stage_acme_files "$candidate"
  else
    replace_file "$CERTIFICATE" "$candidate/site.pem" 0600
  fi
  if ! quietly env HAPROXY_FILES="$candidate" haproxy -c -f "$config"; then
    rm -rf "$candidate"
    die "HAProxy rejects the new configuration; the running one was left alone"
  fi

  install -d -m 0700 "$HAPROXY_FILES"
  for file in "$candidate"/*; do
    replace_file "$file" "$HAPROXY_FILES/${file##*/}" 0600
  done
  # certificate-install.service brings the next ones
  ! wants_acme || leave_to_host "$HAPROXY_FILES/site.pem" "$HAPROXY_FILES/obtained.pem"
  rm -rf "$candidate"
  replace_file "$config" "$HAPROXY_CONFIG"
  reload_or_restart_haproxy
  wait_until 15 haproxy_answers || die "HAProxy does not answer: $(last_words haproxy 5)"
  mark_applied "${applied[@]}"
}

# Of Cloudflare, one a line; none where clients come by themselves
proxy_ranges() {
  sed -n 's/^CLOUDFLARE_IPV[46]=//p' "$UPLOAD_DIR/facts.env" | tr ',' '\n'
}

wants_acme() {
  [[ -f $(staged "$CERTIFICATE_AGENT_CONFIG") ]]
}

# stage_acme_files FOLDER: what was obtained stays in force. Before the first one that is whatever visitors are shown now,
# and on a new host the one that Terraform has made
stage_acme_files() {
  local obtained=$UPLOAD_DIR/obtained current=$CERTIFICATE
  [[ ! -s $HAPROXY_FILES/site.pem ]] || current=$HAPROXY_FILES/site.pem
  if bash "$UPLOAD_DIR/load-balancer/take-from" certificate-agent "$OBTAINED" >"$obtained"; then
    current=$obtained
  else
    printf '%s\n' "$NONE_YET" >"$obtained"
  fi
  replace_file "$current" "$1/site.pem" 0600
  replace_file "$obtained" "$1/obtained.pem" 0600
  rm "$obtained"
}

haproxy_answers() {
  systemctl --quiet is-active haproxy &&
    curl --silent --fail --output /dev/null --max-time 2 "http://$(fact PRIVATE_ADDRESS):$(fact METRICS_PORT)/healthz"
}

# A restart only where a reload would not do, because how it is started has changed
reload_or_restart_haproxy() {
  enable_unit haproxy.service
  if already_applied "$UPLOAD_DIR/units/$HAPROXY_DROP_IN" && systemctl --quiet is-active haproxy; then
    systemctl reload haproxy
    return
  fi
  install_unit "$HAPROXY_DROP_IN"
  systemctl restart haproxy
  mark_applied "$UPLOAD_DIR/units/$HAPROXY_DROP_IN"
}

check_token() {
  bash "$UPLOAD_DIR/load-balancer/token-may-write" "$TOKEN" "$(fact HCLOUD_ENDPOINT)/floating_ips/$(fact FLOATING_IP_ID)" ||
    die "Hetzner refuses failover_token; the floating-ip agent has it from its next start on: deploy with one of this project that may write"
}

# To these the agent may talk, and to nothing else outside but the other load balancer
open_way_to_api() {
  install -d -m 0755 /etc/platform/host-firewall.d
  replace_file "$UPLOAD_DIR/load-balancer/hetzner-api-addresses" /usr/local/lib/platform/hetzner-api-addresses 0755
  install_unit hetzner-api-addresses.service hetzner-api-addresses.timer
  enable_unit hetzner-api-addresses.timer
  systemctl start hetzner-api-addresses.service || die "$(last_words hetzner-api-addresses 1)"
  systemctl restart hetzner-api-addresses.timer
}

apply_agent() {
  local unit=$UPLOAD_DIR/units/floating-ip-agent.service program config facts=/etc/platform/facts.env
  program=$(staged "$AGENT")
  config=$(staged "$AGENT_CONFIG")
  replace_file "$UPLOAD_DIR/load-balancer/platform-switchover" /usr/local/sbin/platform-switchover 0755
  already_applied "$program" "$config" "$unit" "$facts" "$TOKEN" && agent_answers && return
  node --check "$program" || die "node rejects the new floating-ip agent; the running one was left alone"
  replace_file "$program" "$AGENT"
  replace_file "$config" "$AGENT_CONFIG"
  install_unit floating-ip-agent.service
  enable_unit floating-ip-agent.service
  systemctl restart floating-ip-agent.service
  wait_until 15 agent_answers || die "the floating-ip agent does not answer: $(last_words floating-ip-agent 5)"
  mark_applied "$program" "$config" "$unit" "$facts" "$TOKEN"
}

agent_answers() {
  curl --silent --fail --output /dev/null --max-time 2 "http://$(fact PRIVATE_ADDRESS):$(fact AGENT_PORT)/healthz"
}

apply_keepalived() {
  local config interface=/usr/local/lib/platform/keepalived-interface candidate=/etc/keepalived/candidate.conf
  config=$(staged "$KEEPALIVED_CONFIG")
  replace_file "$UPLOAD_DIR/load-balancer/haproxy-answers" /usr/local/lib/platform/haproxy-answers 0755
  replace_file "$UPLOAD_DIR/load-balancer/keepalived-watchdog" /usr/local/lib/platform/keepalived-watchdog 0755
  replace_file "$UPLOAD_DIR/load-balancer/keepalived-interface" "$interface" 0755
  already_applied "$config" "$UPLOAD_DIR/units/$KEEPALIVED_DROP_IN" &&
    systemctl --quiet is-active keepalived && return

  # What the configuration includes
  PRIVATE_ADDRESS=$(fact PRIVATE_ADDRESS) "$interface"
  replace_file "$config" "$candidate"
  quietly keepalived --config-test --use-file "$candidate" || die "keepalived rejects the new configuration; the running one was left alone"
  rm -f "$candidate"
  replace_file "$config" "$KEEPALIVED_CONFIG"
  install_unit "$KEEPALIVED_DROP_IN"
  enable_unit keepalived.service
  systemctl restart keepalived
  wait_until 15 systemctl --quiet is-active keepalived || die "keepalived does not run: $(last_words keepalived 5)"
  mark_applied "$config" "$UPLOAD_DIR/units/$KEEPALIVED_DROP_IN"
}

# Hetzner's API may take 20 s for an action and 2 s for an answer, and the NAT alias takes two actions, one after another.
# From here on private hosts have a way out, and SSH by way of the floating IP finds somebody
wait_for_addresses() {
  wait_until 150 addresses_arrived && return
  die "neither load balancer got the floating IP and the NAT alias: $(last_words floating-ip-agent 8)"
}

addresses_arrived() {
  curl --silent --fail --output /dev/null --max-time 2 "http://$(fact PRIVATE_ADDRESS):$(fact AGENT_PORT)/ready"
}

apply_certificate_agent() {
  if ! wants_acme; then
    remove_certificate_agent
    return
  fi
  install_packages certbot
  # Debian's own timer would look at other folders
  ! systemctl --quiet is-enabled certbot.timer || systemctl disable --quiet --now certbot.timer

  local program unit
  program=$(staged "$CERTIFICATE_AGENT")
  node --check "$program" || die "node rejects the new certificate agent; the running one was left alone"
  replace_file "$program" "$CERTIFICATE_AGENT"
  [[ ! -f $(staged "$DIRECTORY_CA") ]] || replace_file "$(staged "$DIRECTORY_CA")" "$DIRECTORY_CA"
  replace_file "$(staged "$CERTIFICATE_AGENT_CONFIG")" "$CERTIFICATE_AGENT_CONFIG"
  replace_file "$(staged "$CERTIFICATE_AGENT_NETWORK")" "$CERTIFICATE_AGENT_NETWORK"
  replace_file "$UPLOAD_DIR/load-balancer/take-from" /usr/local/lib/platform/take-from 0755
  replace_file "$UPLOAD_DIR/load-balancer/install-certificate" /usr/local/lib/platform/install-certificate 0755
  replace_file "$UPLOAD_DIR/load-balancer/platform-renew-certificate" /usr/local/sbin/platform-renew-certificate 0755
  install_unit certificate-agent.service certificate-agent.timer certificate-install.service
  enable_unit certificate-agent.timer
  systemctl restart certificate-agent.timer
  # Where the names lead elsewhere still, visitors are shown what they were shown before, and nothing else is wrong
  if systemctl start certificate-agent.service; then
    systemctl start certificate-install.service
  fi
  log "visitors are shown: $(openssl x509 -in "$HAPROXY_FILES/site.pem" -noout -issuer -enddate | paste --serial --delimiters ' ')"
  [[ $(<"$HAPROXY_FILES/obtained.pem") != "$NONE_YET" ]] || log "the load balancer that holds the floating IP when all is configured obtains the certificate, within about a minute"
  systemctl --quiet is-failed certificate-agent.service || return 0
  log "WARNING: $(journalctl _SYSTEMD_UNIT=certificate-agent.service --lines 1 --output cat --no-pager | printable)"
}

# What is left of another mode must neither renew nor be shown again
remove_certificate_agent() {
  [[ -f $CERTIFICATE_AGENT_CONFIG ]] || return 0
  systemctl disable --quiet --now certificate-agent.timer
  systemctl stop certificate-agent.service
  rm -f "$CERTIFICATE_AGENT_CONFIG" "$OBTAINED" "$APPLIED_DIR/obtained-certificate" /usr/local/sbin/platform-renew-certificate
}

configure_role() {
  wait_for_private_address
  check_token
  load_connection_tracking
  apply_sysctl "$SYSCTL"
  apply_floating_ip_address
  apply_nat_gateway
  keep_haproxys_folder
  make_first_ticket_keys
  apply_haproxy
  apply_ticket_agent
  watch_silent_peers
  open_way_to_api
  apply_agent
  apply_keepalived
  wait_for_addresses
  apply_certificate_agent
}

main "$@"
