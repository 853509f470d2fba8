import type { DesiredNetwork, DesiredServer } from '../api/hardware';
import type { LinkFault } from './firewall';
import { CLIENT_ADDRESS, SERVICES, type Link } from './topology';

/** A link between two ends that no longer carries anything. */
export interface Cut {
  /** Name of the server. */
  readonly machine: string;
  readonly link: 'public' | 'private';
  /** Name of another server, `client`, `api`, an address or a range. Left out: the whole link, as if the cable were pulled. */
  readonly peer?: string;
  /** As the machine sees it. @default 'both' */
  readonly direction?: 'in' | 'out' | 'both';
}

/** A link that loses packets. */
export interface Degradation {
  readonly machine: string;
  readonly link: 'public' | 'private';
  /** 0 to 100, in each direction. */
  readonly lossPercent: number;
}

/** The broken links of a lab, by name, so that they last over a reboot of the machine. */
export class LinkFaults {
  readonly #cuts = new Map<string, Cut>();
  readonly #degradations = new Map<string, Degradation>();

  cut(cut: Cut): void {
    this.#cuts.set(keyOf(cut), cut);
  }

  /** Removes exactly the cut that was made with the same words; without a peer, every cut of that link. */
  heal(cut: Cut): void {
    for (const [key, existing] of this.#cuts) {
      const same = existing.machine === cut.machine && existing.link === cut.link;
      if (same && (cut.peer === undefined || key === keyOf(cut))) this.#cuts.delete(key);
    }
    if (cut.peer === undefined) this.#degradations.delete(`${cut.machine} ${cut.link}`);
  }

  degrade(degradation: Degradation): void {
    this.#degradations.set(`${degradation.machine} ${degradation.link}`, degradation);
  }

  healAll(): void {
    this.#cuts.clear();
    this.#degradations.clear();
  }

  list(): { readonly cuts: Cut[]; readonly degradations: Degradation[] } {
    return { cuts: [...this.#cuts.values()], degradations: [...this.#degradations.values()] };
  }

  /** Names become devices and addresses as they are now. */
  resolve(desired: DesiredNetwork, linksOf: (server: DesiredServer) => Link[]): { cutDevices: Set<string>; filtered: LinkFault[] } {
    const byName = (name: string) => desired.servers.filter((server) => server.name === name);
    const devices = (machine: string, kind: 'public' | 'private') =>
      byName(machine).flatMap((server) => linksOf(server).filter((link) => link.kind === kind));
    const addresses = (peer: string, kind: 'public' | 'private'): string[] => {
      if (peer === 'client') return [CLIENT_ADDRESS];
      if (peer === 'api') return [SERVICES.api];
      const found = devices(peer, kind).flatMap((link) => [link.address, ...link.moreAddresses]);
      if (found.length > 0) return found;
      return /^[\d.]+(\/\d+)?$/.test(peer) ? [peer] : [];
    };
    const cutDevices = new Set<string>();
    const filtered: LinkFault[] = [];
    for (const { machine, link: kind, peer, direction = 'both' } of this.#cuts.values()) {
      for (const { device } of devices(machine, kind)) {
        if (peer === undefined && direction === 'both') cutDevices.add(device);
        else if (peer === undefined) filtered.push({ device, direction, peers: null, lossPercent: 100 });
        else if (addresses(peer, kind).length > 0) filtered.push({ device, direction, peers: addresses(peer, kind), lossPercent: 100 });
      }
    }
    for (const { machine, link: kind, lossPercent } of this.#degradations.values()) {
      for (const { device } of devices(machine, kind)) filtered.push({ device, direction: 'both', peers: null, lossPercent });
    }
    return { cutDevices, filtered };
  }
}

const keyOf = ({ machine, link, peer = '', direction = 'both' }: Cut) => [machine, link, peer, direction].join(' ');
