import { PrivateKey } from '@cdktf/provider-tls/lib/private-key';
import { Fn } from 'cdktf';
import { Construct } from 'constructs';

/**
 * An SSH host key that is known before the first login; docs/decisions/0005-host-keys-are-pinned.md tells why there are two.
 *
 *   created with the first key (user data) ── `identify`, known by the first key ── all else, known by the lasting one
 */
export class HostIdentity extends Construct {
  /** User data for a new server: its key until the first step has replaced it. Sensitive, and worth nothing afterwards. */
  readonly userData: string;
  /** Public key for the first step alone. */
  readonly firstKey: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const first = hostKey(this, 'first-key');
    this.firstKey = publicKeyOf(first);
    const keys = { ed25519_private: first.privateKeyOpenssh, ed25519_public: this.firstKey };
    // JSON is YAML. Keys of other kinds would be offered first, and are known to nobody
    this.userData = `#cloud-config\n${Fn.jsonencode({ ssh_deletekeys: true, ssh_keys: keys })}`;
  }
}

export function hostKey(scope: Construct, id: string): PrivateKey {
  return new PrivateKey(scope, id, { algorithm: 'ED25519' });
}

/** One line, as `connection.host_key` and known_hosts have it. */
export function publicKeyOf(key: PrivateKey): string {
  return Fn.trimspace(key.publicKeyOpenssh);
}
