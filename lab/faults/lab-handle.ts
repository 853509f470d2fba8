export type Tier = 'lb' | 'web' | 'app' | 'mysql';

export interface Machine {
  readonly name: string;
  readonly tier: Tier;
  readonly privateAddress: string;
  /** Load balancers have one; it is where the API sees their requests come from. */
  readonly publicAddress: string | null;
  readonly running: boolean;
}

export interface Executed {
  /** null: it did not end within its time and was killed. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One side of a link, or only its traffic with one peer. */
export interface LinkCut {
  readonly machine: string;
  readonly link: 'public' | 'private';
  /** Name of another machine. @default everybody */
  readonly peer?: string;
  /** As the machine sees it. @default both */
  readonly direction?: 'in' | 'out' | 'both';
}

export interface LinkLoss {
  readonly machine: string;
  readonly link: 'public' | 'private';
  /** 0 to 100, in each direction; 0 puts it right. */
  readonly lossPercent: number;
}

export type ApiEffect =
  | { readonly kind: 'status'; readonly status: number; readonly code: string }
  | { readonly kind: 'latency' | 'alias-held'; readonly milliseconds: number }
  | { readonly kind: 'unassign-first' | 'hang' | 'close' | 'rate-limit' | 'action-fails' | 'token-revoked' | 'no-capacity' }
  | { readonly kind: 'sold-out'; readonly serverType: string; readonly location?: string }
  | { readonly kind: 'limit'; readonly of: 'servers' | 'primary_ips' | 'dedicated_cores' | 'floating_ips'; readonly most: number };

export interface ApiFault {
  /** `path` is a regular expression. An empty match is every request. */
  readonly match: { readonly method?: string; readonly path?: string; readonly fromAddress?: string };
  readonly effect: ApiEffect;
  /** How many requests it hits. @default all until it is cleared */
  readonly count?: number;
}

/** The holders of the addresses that move, as the emulated API reports them, by name of the machine. */
export interface AddressHolders {
  readonly floatingIp: string | null;
  readonly natGateway: string | null;
}

/** The part of a lab that faults and scenarios use. Any system that offers these verbs can be tested. */
export interface LabHandle {
  readonly name: string;
  /** Where clients go: the floating IP and the name of the site. */
  readonly floatingIp: string;
  readonly domain: string;
  /** @default 443 */
  readonly httpsPort?: number;
  machines(): Promise<readonly Machine[]>;
  /** Runs a command on a machine by a way that no fault of the network closes. A command that fails is a result, not an error. */
  exec(machine: string, argv: readonly string[], options?: { timeoutSeconds?: number }): Promise<Executed>;
  powerOn(machine: string): Promise<void>;
  /** At once, without asking the machine. */
  powerOff(machine: string): Promise<void>;
  /** Asks the machine to stop. */
  shutdown(machine: string): Promise<void>;
  /** Deletes the server, whatever it is doing, and its data volume if wanted. */
  deleteServer(machine: string, options: { readonly volume: boolean }): Promise<void>;
  /** `cdktf deploy`: makes what is missing. Rejects if it failed; then run it again, as an operator would. */
  deploy(options?: { /** Command that synthesizes, for other settings. */ readonly app?: string }): Promise<void>;
  /**
   * Sets the delay after network-online.target until private interfaces get their address, from the next boot on. @param seconds
   * undefined: the usual delay
   */
  latePrivateInterfaces(seconds?: number): Promise<void>;
  cut(link: LinkCut): Promise<void>;
  /** Safe where nothing is cut. */
  heal(link: LinkCut): Promise<void>;
  degrade(loss: LinkLoss): Promise<void>;
  apiFault(fault: ApiFault): Promise<void>;
  clearApiFaults(): Promise<void>;
  /** The load balancers' token; Terraform's goes on. */
  revokeFailoverToken(): Promise<void>;
  restoreFailoverToken(): Promise<void>;
  addressHolders(): Promise<AddressHolders>;
  /** How long the API takes to move an address, in milliseconds: the L of the targets. */
  readonly addressActionMilliseconds: number;
  /** How long it takes at most to answer. */
  readonly answerMilliseconds: number;
}
