/** The edge's view of the account: how to serve which names. */
import type { KeyPair } from '../x509/authority';
import type { PullCertificate, Account, Zone } from './account';
import { settingOf } from './zone-settings';

export interface EdgeView {
  readonly zones: readonly EdgeZone[];
  /** PEM: CAs that origins need in mode `strict`. Public CAs are not among them, since no origin in a lab has their certificates. */
  readonly originAuthorities: readonly string[];
}

export interface EdgeZone {
  readonly name: string;
  readonly ssl: 'off' | 'flexible' | 'full' | 'strict' | 'origin_pull';
  readonly alwaysUseHttps: boolean;
  readonly websockets: boolean;
  readonly minTlsVersion: '1.0' | '1.1' | '1.2' | '1.3';
  readonly names: readonly ProxiedName[];
}

export interface ProxiedName {
  /** Full, or `*.` and the rest. */
  readonly name: string;
  /** IPv4 addresses of the origin; the lab has no others. */
  readonly addresses: readonly string[];
  /** Shown to the origin; null: none. */
  readonly clientCertificate: KeyPair | null;
}

export function edgeView(account: Account): EdgeView {
  return {
    zones: [...account.zones.values()].map((zone) => edgeZone(account, zone)),
    originAuthorities: [account.authorities.get('origin-rsa').certificate, account.authorities.get('origin-ecc').certificate],
  };
}

function edgeZone(account: Account, zone: Zone): EdgeZone {
  const setting = (id: string): string => settingOf(account, zone.id, id);
  const proxied = [...account.records.values()].filter((record) => record.zoneId === zone.id && record.proxied).map(({ name }) => name);
  return {
    name: zone.name,
    ssl: setting('ssl') as EdgeZone['ssl'],
    alwaysUseHttps: setting('always_use_https') === 'on',
    websockets: setting('websockets') === 'on',
    minTlsVersion: setting('min_tls_version') as EdgeZone['minTlsVersion'],
    names: [...new Set(proxied)].map((name) => ({
      name,
      addresses: addressesOf(account, name),
      clientCertificate: clientCertificate(account, zone, name),
    })),
  };
}

/** Names that point to each other in a circle have none. */
function addressesOf(account: Account, name: string, passed: readonly string[] = []): readonly string[] {
  if (passed.includes(name)) return [];
  const records = [...account.records.values()].filter((record) => record.name === name);
  return records.flatMap(({ type, content }) =>
    type === 'A' ? [content] : type === 'CNAME' ? addressesOf(account, content.toLowerCase(), [...passed, name]) : [],
  );
}

/** The hostname's own wins over the zone's, and that over the one that all zones share. */
function clientCertificate(account: Account, zone: Zone, name: string): KeyPair | null {
  const hostname = account.hostnamePulls.get(`${zone.id}/${name}`);
  const own =
    hostname?.enabled === true && hostname.certificateId !== null ? account.pullCertificates.get(hostname.certificateId) : undefined;
  const zones = account.pullsEnabled.get(zone.id) === true ? newestActive(account, zone) : undefined;
  const found = own ?? zones;
  if (found !== undefined) return { certificate: found.certificate, privateKey: found.privateKey };
  return settingOf(account, zone.id, 'tls_client_auth') === 'on' ? account.sharedPull.pair : null;
}

function newestActive(account: Account, zone: Zone): PullCertificate | undefined {
  const active = [...account.pullCertificates.values()].filter(
    ({ zoneId, activeFrom }) => zoneId === zone.id && activeFrom <= account.clock.now(),
  );
  return active.sort((one, other) => other.activeFrom - one.activeFrom)[0];
}
