import type { DesiredNetwork, DesiredServer } from '../api/hardware';
import type { LinkFault } from './firewall';
import { CLIENT_ADDRESS, EDGE, RESOLVERS, SERVICES, type Link } from './topology';

/** Packets are dropped silently: the machine's interface stays up, as at Hetzner. */
export interface Cut {
  /** Name of the server. */
  readonly machine: string;
  readonly link: 'public' | 'private';
  /** Name of another server, `client`, `api`, `resolvers`, `edge` (Cloudflare's), an address or a range. Left out: all. */
  readonly peer?: string;
  /** As the machine sees it. @default 'both' */
  readonly direction?: 'in' | 'out' | 'both';
}

/** A link that loses packets. */
export interface Degradation {
  readonly machine: string;
  readonly link: 'public' | 'private';
  /** 0 to 100, in each direction; 0 puts it right. */
  readonly lossPercent: number;
}

/** The broken links of a lab, by name, so that they last over a reboot of the machine. */
export class LinkFaults {
  readonly #cuts = new Map<string, Cut>();
  readonly #degradations = new Map<string, Degradation>();

  cut(cut: Cut): void {
    this.#cuts.set(keyOf(cut), cut);
  }

  /** Removes the cut with the same machine, link, peer and direction; without a peer, every cut of that link. */
  heal(cut: Cut): void {
    for (const [key, existing] of this.#cuts) {
      const same = existing.machine === cut.machine && existing.link === cut.link;
      if (same && (cut.peer === undefined || key === keyOf(cut))) this.#cuts.delete(key);
    }
    if (cut.peer === undefined) this.#degradations.delete(`${cut.machine} ${cut.link}`);
  }

  degrade(degradation: Degradation): void {
    const key = `${degradation.machine} ${degradation.link}`;
    if (degradation.lossPercent === 0) this.#degradations.delete(key);
    else this.#degradations.set(key, degradation);
  }

  healAll(): void {
    this.#cuts.clear();
    this.#degradations.clear();
  }

  list(): { readonly cuts: Cut[]; readonly degradations: Degradation[] } {
    return { cuts: [...this.#cuts.values()], degradations: [...this.#degradations.values()] };
  }

  /** Resolves names to present devices and addresses. */
  resolve(desired: DesiredNetwork, linksOf: (server: DesiredServer) => Link[]): LinkFault[] {
    const linksAt = (machine: string, kind: 'public' | 'private') =>
      desired.servers.filter((server) => server.name === machine).flatMap((server) => linksOf(server).filter((link) => link.kind === kind));
    const addresses = (peer: string, kind: 'public' | 'private'): string[] => {
      if (peer === 'client') return [CLIENT_ADDRESS];
      if (peer === 'api') return [SERVICES.api];
      if (peer === 'resolvers') return [...RESOLVERS];
      if (peer === 'edge') return [EDGE.towardsOrigins];
      if (/^[\d.]+(\/\d+)?$/.test(peer)) return [peer];
      return linksAt(peer, kind).flatMap((link) => [link.address, ...link.moreAddresses]);
    };
    const cuts = [...this.#cuts.values()].flatMap(({ machine, link: kind, peer, direction = 'both' }) => {
      const peers = peer === undefined ? null : addresses(peer, kind);
      // A peer that is not there, or has no such link, is cut off already
      if (peers?.length === 0) return [];
      return linksAt(machine, kind).map(({ device }): LinkFault => ({ device, direction, peers, lossPercent: 100 }));
    });
    const losses = [...this.#degradations.values()].flatMap(({ machine, link: kind, lossPercent }) =>
      linksAt(machine, kind).map(({ device }): LinkFault => ({ device, direction: 'both', peers: null, lossPercent })),
    );
    return [...cuts, ...losses];
  }
}

const keyOf = ({ machine, link, peer = '', direction = 'both' }: Cut) => [machine, link, peer, direction].join(' ');
