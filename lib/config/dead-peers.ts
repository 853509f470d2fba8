/**
 * Sysctl settings for web and app servers: hosts that talk to others over kept connections: a peer without power is noticed after
 * 0.2 + 0.4 + ... + 3.2 = 6 s instead of 15 minutes, so that what was sent to it can go elsewhere. Five losses in a
 * row of the same segment, which it takes to be wrong about it, do not happen at 5 % packet loss.
 *
 * A client that does not read its answer leaves it in the buffers of every connection on the way: 256 kB each way is enough for the
 * private network, and thousands of slow readers fit into the kernel's memory for TCP, a tenth of the host's. By default it is 4 to 6 MB.
 */
export function renderDeadPeersSysctl(): string {
  return 'net.ipv4.tcp_retries2 = 4\nnet.ipv4.tcp_keepalive_time = 10\nnet.ipv4.tcp_keepalive_intvl = 2\nnet.ipv4.tcp_keepalive_probes = 3\nnet.ipv4.tcp_wmem = 4096 16384 262144\nnet.ipv4.tcp_rmem = 4096 131072 262144\n';
}
