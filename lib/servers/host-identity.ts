import { PrivateKey } from '@cdktf/provider-tls/lib/private-key';
import { Fn } from 'cdktf';
import { Construct } from 'constructs';

/**
 * Terraform (1.11.4) knows of each kind of key the first one only, and looks at the same list for a host and for the load
 * balancer before it: docs/decisions/0005-host-keys-are-pinned.md. Hence one kind for each part.
 */
export const HOST_KEY_KINDS = {
  /** Of load balancers. */
  bastion: { algorithm: 'ECDSA', ecdsaCurve: 'P256' },
  /** Of all other hosts. */
  host: { algorithm: 'ED25519' },
  /** Of every server until its first step has replaced it. */
  first: { algorithm: 'ECDSA', ecdsaCurve: 'P384' },
} as const;

/**
 * An SSH host key that is known before the first login; docs/decisions/0005-host-keys-are-pinned.md tells why there are two.
 *
 *   created with the first key (user data) ── `identify`, known by the first key ── all else, known by the lasting one
 */
export class HostIdentity extends Construct {
  /** Cloud-config of a new server: its key until the first step has replaced it. Sensitive, and worth nothing afterwards. */
  readonly cloudConfig: Readonly<Record<string, unknown>>;
  /** Public key for the first step alone. */
  readonly firstKey: string;
  /** The one that comes by this step. */
  readonly key: PrivateKey;

  /** @param key the lasting one, where several hosts share it. @default one of its own */
  constructor(scope: Construct, id: string, key?: PrivateKey) {
    super(scope, id);
    const first = hostKey(this, 'first-key', 'first');
    this.key = key ?? hostKey(this, 'key', 'host');
    this.firstKey = publicKeyOf(first);
    // Keys of other kinds would be offered first, and are known to nobody
    this.cloudConfig = { ssh_deletekeys: true, ssh_keys: { ecdsa_private: first.privateKeyOpenssh, ecdsa_public: this.firstKey } };
  }
}

export function hostKey(scope: Construct, id: string, kind: keyof typeof HOST_KEY_KINDS): PrivateKey {
  return new PrivateKey(scope, id, HOST_KEY_KINDS[kind]);
}

/** One line, as `connection.host_key` and known_hosts have it. */
export function publicKeyOf(key: PrivateKey): string {
  return Fn.trimspace(key.publicKeyOpenssh);
}

/**
 * What `connection.host_key` has to be for a host and those on the way to it. Terraform writes the text behind the name of whom
 * it talks to into a known_hosts file: the first key is that of all, and further lines name whose key they are.
 */
export function knownBy(key: string, others: readonly { readonly address: string; readonly key: string }[]): string {
  return [key, ...others.map((other) => `${other.address} ${other.key}`)].join('\n');
}
