/** Kernel settings for 20,000 connections on the smallest server type (2 cores, 4 GB). */
export function renderLoadBalancerSysctl(): string {
  return `\
# NAT gateway of the private hosts
net.ipv4.ip_forward = 1
# HAProxy and the agent can be started again while the private interface has lost its address
net.ipv4.ip_nonlocal_bind = 1
# Connections that HAProxy has not yet accepted: a burst waits instead of being refused
net.core.somaxconn = 16384
net.ipv4.tcp_max_syn_backlog = 16384
net.ipv4.tcp_syncookies = 1
# 20,000 clients need as many connections to few web servers
net.ipv4.ip_local_port_range = 10240 65535
net.ipv4.tcp_tw_reuse = 1
net.ipv4.tcp_fin_timeout = 15
# A slow reader holds at most 1 MB of memory, and on average far less
net.ipv4.tcp_wmem = 4096 16384 1048576
net.ipv4.tcp_rmem = 4096 131072 1048576
# The NAT table notes every connection, also HAProxy's own: both sides of 20,000, and those just closed.
# A leading "-": not every kernel lets this be changed
-net.netfilter.nf_conntrack_max = 262144
-net.netfilter.nf_conntrack_tcp_timeout_time_wait = 15
`;
}
