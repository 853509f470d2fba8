import { Command, Option } from 'commander';
import { openLab, type EmulatedApi, type FaultOrder } from '../lab';

const KINDS = [
  'status',
  'latency',
  'hang',
  'close',
  'rate-limit',
  'action-fails',
  'unassign-first',
  'alias-held',
  'token-revoked',
  'no-capacity',
  'sold-out',
  'limit',
];

interface Options {
  readonly api: EmulatedApi;
  readonly method?: string;
  readonly path?: string;
  readonly from?: string;
  readonly after?: string;
  readonly count?: string;
  readonly status: string;
  readonly code: string;
  readonly milliseconds: string;
  readonly type: string;
  readonly location?: string;
  readonly of: string;
  readonly most: string;
}

/** `lab api-fault KIND` breaks an emulated API, `lab api-fault clear` repairs it. */
export function apiFaultCommand(): Command {
  return new Command('api-fault')
    .description(`break an emulated API: ${KINDS.join(', ')}; or clear`)
    .argument('<kind>')
    .addOption(new Option('--api <api>', 'which').choices(['hetzner', 'cloudflare']).default('hetzner'))
    .option('--method <method>', 'only requests with this method')
    .option('--path <expression>', 'only requests whose path matches this regular expression')
    .option('--from <address>', 'only requests from this address')
    .option('--after <number>', 'so many requests, of a sold-out type so many orders, pass first')
    .option('--count <number>', 'only so many requests (default: all, until cleared)')
    .addOption(new Option('--status <status>', 'for kind status').default('500'))
    .addOption(new Option('--code <code>', 'for kind status').default('server_error'))
    .addOption(new Option('--milliseconds <number>', 'for kinds latency and alias-held').default('2000'))
    .addOption(new Option('--type <type>', 'for kind sold-out: server type').default('cx23'))
    .addOption(new Option('--location <location>', 'for kind sold-out (default: all)'))
    .addOption(
      new Option('--of <what>', 'for kind limit').choices(['servers', 'primary_ips', 'dedicated_cores', 'floating_ips']).default('servers'),
    )
    .addOption(new Option('--most <number>', 'for kind limit: what the project may have').default('5'))
    .action(async (kind: string, options: Options) => {
      const lab = await openLab();
      if (kind === 'clear') return lab.clearApiFaults(options.api);
      if (!KINDS.includes(kind)) throw new Error(`api-fault is ${kind}, want one of ${KINDS.join(', ')}, clear`);
      const order = {
        match: {
          ...(options.method && { method: options.method.toUpperCase() }),
          ...(options.path && { path: options.path }),
          ...(options.from && { fromAddress: options.from }),
        },
        effect: {
          kind,
          ...(kind === 'status' && { status: Number(options.status), code: options.code }),
          ...(['latency', 'alias-held'].includes(kind) && { milliseconds: Number(options.milliseconds) }),
          ...(kind === 'sold-out' && { serverType: options.type, ...(options.location && { location: options.location }) }),
          ...(kind === 'limit' && { of: options.of, most: Number(options.most) }),
        },
        ...(options.after && { after: Number(options.after) }),
        ...(options.count && { count: Number(options.count) }),
      };
      // The API refuses what is not one
      await lab.apiFault(order as FaultOrder, options.api);
    });
}
