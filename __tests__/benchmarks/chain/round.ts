import type { Chain } from '../../helpers/chain';
import { answered, processorTime, type Load } from './load';
import { PROGRAMS, type Figures, type Program } from './table';

type Pids = Readonly<Record<Program, number>>;

/** Loads the chain for some seconds. `node` is the process of its application. */
export async function round(chain: Chain, node: number, path: string, load: Load, seconds: number): Promise<Figures> {
  const pids: Pids = { HAProxy: chain.haproxy.pid!, Nginx: chain.webs[0]!.pid, Node: node };
  const used = () => PROGRAMS.map((program) => processorTime(pids[program]));
  const before = used();
  const { requests, seconds: took } = await answered(load, `https://127.0.0.1:${chain.https}${path}`, seconds);
  const after = used();
  return {
    requestsPerSecond: Math.round(requests / took),
    processorTime: Object.fromEntries(
      PROGRAMS.map((program, n) => [program, Math.round((after[n]! - before[n]!) / requests)]),
    ) as unknown as Figures['processorTime'],
  };
}
