/**
 * Whether a token may be sent to this address: by TLS, or to this machine. The same as the check of the variables `hcloud_endpoint` and
 * `cloudflare_base_url` (lib/servers/variables.ts), which a plan makes and a command of operators comes before.
 */
export function isAddressForTokens(address: string): boolean {
  return /^(https:\/\/([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])|http:\/\/(127(\.[0-9]+){3}|localhost))(:[0-9]+)?(\/[A-Za-z0-9._~/-]*)?$/.test(
    address,
  );
}
