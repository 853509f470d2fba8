/**
 * Sysctl settings for hosts that talk to others over kept connections: a peer without power is noticed after
 * 0.2 + 0.4 + ... + 3.2 = 6 s instead of 15 minutes, so that what was sent to it can go elsewhere. Five losses in a
 * row of the same segment, which it takes to be wrong about it, do not happen at 5 % packet loss.
 */
export function renderDeadPeersSysctl(): string {
  return 'net.ipv4.tcp_retries2 = 4\nnet.ipv4.tcp_keepalive_time = 10\nnet.ipv4.tcp_keepalive_intvl = 2\nnet.ipv4.tcp_keepalive_probes = 3\n';
}
