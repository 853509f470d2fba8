/** As docs/measurements/chain.json keeps each of its cases. */
export interface ChainCase {
  readonly what: string;
  readonly ours: { readonly processorTime: { readonly HAProxy: number; readonly Nginx: number; readonly Node: number } };
  readonly commit: string;
  readonly machine: string;
}

/** As docs/measurements/app.json. */
export interface AppCosts {
  readonly requests: readonly { readonly what: string; readonly node: number; readonly mysql: number }[];
  readonly commit: string;
  readonly machine: string;
}

/** As docs/measurements/connections.json. */
export interface ConnectionCosts {
  readonly kilobytesPerConnection: number;
  readonly commit: string;
  readonly machine: string;
}

export const REQUESTS = ['static file', 'small answer', 'database page', 'write'] as const;
export type RequestKind = (typeof REQUESTS)[number];

/** What works on requests; of the database either any member that answers reads, or the one that writes. */
export const PARTS = ['lb', 'web', 'app', 'readers', 'primary'] as const;
export type Part = (typeof PARTS)[number];

export interface Costs {
  /** Microseconds of one core. */
  readonly requests: Readonly<Record<RequestKind, Partial<Readonly<Record<Part, number>>>>>;
  /** Of a new connection with TLS, beyond its request: microseconds of one core of the load balancer. */
  readonly newConnection: number;
  /** Memory of the load balancer for a kept connection. */
  readonly kilobytesPerConnection: number;
  /** Each measurement with its machine. */
  readonly measured: readonly { readonly what: string; readonly commit: string; readonly machine: string }[];
}

/** @throws if a measurement lacks a case */
export function costsOf(chain: readonly ChainCase[], app: AppCosts, connections: ConnectionCosts): Costs {
  const inChain = (what: string) => found(chain, what).ours.processorTime;
  const file = inChain('static file, h1, kept connections');
  const small = inChain('small answer of Node, h1, kept connections');
  const inFront = { lb: small.HAProxy, web: small.Nginx };
  const page = found(app.requests, 'database page');
  const write = found(app.requests, 'write');
  return {
    requests: {
      'static file': { lb: file.HAProxy, web: file.Nginx },
      'small answer': { ...inFront, app: small.Node },
      'database page': { ...inFront, app: page.node, readers: page.mysql },
      write: { ...inFront, app: write.node, primary: write.mysql },
    },
    newConnection: inChain('static file, h1, new connections').HAProxy - file.HAProxy,
    kilobytesPerConnection: connections.kilobytesPerConnection,
    measured: Object.entries({ 'the chain': chain[0]!, 'application and database': app, connections }).map(
      ([what, { commit, machine }]) => ({ what, commit, machine }),
    ),
  };
}

function found<T extends { readonly what: string }>(cases: readonly T[], what: string): T {
  const wanted = cases.find((each) => each.what === what);
  if (!wanted) throw new Error(`docs/measurements has no ${what}; measure again with: make bench KEEP=1`);
  return wanted;
}
