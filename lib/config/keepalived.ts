import type { Host } from '../net/address-plan';

export interface KeepalivedConfig {
  readonly host: Host;
  /** The other load balancers of the pair. VRRP goes to each by unicast: Hetzner's network carries no multicast. */
  readonly peers: readonly Host[];
  /** Alias address of the NAT gateway; keepalived holds it on `lo` of the MASTER. */
  readonly natGateway: string;
  /** Answered by the local HAProxy itself, e.g. `http://10.0.1.11:8404/healthz`. */
  readonly haproxyHealthUrl: string;
}

/** Host 1 has 150, host 2 has 100: the one that starts first keeps the address; the number only decides a tie. */
function priority(host: Host): number {
  return 200 - 50 * host.ordinal;
}

/**
 * keepalived (2.3 in Debian 13, 2.2 in Ubuntu 24.04). It only decides who is MASTER; the floating-ip agent moves addresses. The private interface has
 * another name on every image and server type: provisioning/load-balancer/keepalived-interface tells it at each start.
 */
export function renderKeepalivedConfig(config: KeepalivedConfig): string {
  return [globals(config), checks(config), instance(config)].join('\n\n') + '\n';
}

function globals({ host }: KeepalivedConfig): string {
  return `\
# $PRIVATE_INTERFACE, found at each start: interfaces have other names on other images and server types
include /run/keepalived-interface.conf

global_defs {
  router_id ${host.name}
  vrrp_version 3
  # A restart must not take over before it has heard the other, nor before the network is up after a boot
  vrrp_startup_delay 2
  # Adverts go out under full load. The default limit of 10 ms of CPU at a stretch kills keepalived on a slow core
  vrrp_rt_priority 50
  vrrp_rlimit_rttime 200000
  # Nothing runs as root that another user could replace
  enable_script_security
  script_user nobody
  max_auto_priority -1
}`;
}

function checks({ haproxyHealthUrl }: KeepalivedConfig): string {
  return `\
# A real HTTP answer of HAProxy, so that a hung one counts as dead. The agent asks more often and is the first to
# notice; this check does it without the agent
vrrp_script haproxy_answers {
  script "/usr/local/lib/platform/haproxy-answers ${haproxyHealthUrl}"
  interval 1
  timeout 1
  fall 2
  rise 2
  init_fail
}

# Tells systemd that keepalived is alive: one that hangs is started again
vrrp_script feeds_watchdog {
  script "/usr/local/lib/platform/keepalived-watchdog"
  interval 3
}

# Written by the agent. Not 0: this host gives up (planned switchover, HAProxy silent, or public side lost)
track_file give_up {
  file "/run/floating-ip-agent/give-up"
  weight 0
}

# Written by the agent, 1 while the floating IP leads here: of two MASTERs the holder stays, so the address need not
# move when a cut network heals or some adverts were lost
track_file holds_floating_ip {
  file "/run/floating-ip-agent/holds-floating-ip"
  weight 100
}`;
}

function instance({ host, peers, natGateway }: KeepalivedConfig): string {
  return `\
vrrp_instance load_balancers {
  # Both start as BACKUP with nopreempt: a server that returns must not pull the floating IP and cut every
  # connection again
  state BACKUP
  nopreempt
  interface $PRIVATE_INTERFACE
  virtual_router_id 51
  priority ${priority(host)}
  # A dead MASTER is missed after 3 adverts and a skew of (256 - priority) / 256 of one: 1.02 to 1.08 s
  advert_int 0.3
  unicast_src_ip ${host.address}
  unicast_peer {
${peers.map((peer) => `    ${peer.address}`).join('\n')}
  }
  check_unicast_src
  # On lo, because nobody asks for it by ARP. The floating-ip agent sees by it whether this host is MASTER: an address
  # can be looked at again at any time, an event of a notify script can be missed
  virtual_ipaddress {
    ${natGateway}/32 dev lo
  }
  track_script {
    haproxy_answers
    feeds_watchdog
  }
  track_file {
    give_up
    holds_floating_ip
  }
}`;
}
