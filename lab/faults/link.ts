import { pause } from '../traffic/clock';
import { all, onMachine, tryOnMachine, until, type Fault } from './fault';
import type { LabHandle, LinkCut, LinkLoss } from './lab-handle';

const SSH = 22;

/** Packets are lost in silence, as when a switch fails: nobody gets a refusal. */
export function cutLink(lab: LabHandle, cut: LinkCut): Fault {
  const direction = cut.direction && cut.direction !== 'both' ? ` (${cut.direction} only)` : '';
  return {
    title: `${cut.link} link of ${cut.machine}${cut.peer ? ` to ${cut.peer}` : ''} is cut${direction}`,
    async inject() {
      // A link that was never open would be "cut" by doing nothing.
      const witness = cut.link === 'private' ? await witnessOf(lab, cut) : undefined;
      await lab.cut(cut);
      if (witness) await until(`${cut.machine} cannot reach ${witness}`, async () => !(await reaches(lab, cut.machine, witness)));
    },
    recover: () => lab.heal(cut),
  };
}

/** All links between two machines of the private network, one way or both. */
export function partition(lab: LabHandle, title: string, left: readonly string[], right: readonly string[]): Fault {
  const cuts = left.flatMap((machine) => right.map((peer) => cutLink(lab, { machine, link: 'private', peer })));
  return { title, inject: () => all(cuts.map((cut) => () => cut.inject())), recover: () => all(cuts.map((cut) => () => cut.recover())) };
}

/** Cut and healed again and again until it is recovered. */
export function flappingLink(lab: LabHandle, cut: LinkCut, { downMilliseconds = 3000, upMilliseconds = 2000 } = {}): Fault {
  const stop = new AbortController();
  let flapping: Promise<void> = Promise.resolve();
  const flap = async () => {
    while (!stop.signal.aborted) {
      await lab.cut(cut);
      await pause(downMilliseconds, stop.signal);
      await lab.heal(cut);
      await pause(upMilliseconds, stop.signal);
    }
  };
  return {
    title: `${cut.link} link of ${cut.machine} flaps`,
    async inject() {
      await cutLink(lab, cut).inject();
      flapping = flap();
    },
    async recover() {
      stop.abort();
      await flapping.catch(() => undefined);
      await lab.heal(cut);
    },
  };
}

export function losePackets(lab: LabHandle, loss: LinkLoss): Fault {
  return {
    title: `the ${loss.link} link of ${loss.machine} loses ${loss.lossPercent} % of its packets`,
    inject: () => lab.degrade(loss),
    recover: () => lab.degrade({ ...loss, lossPercent: 0 }),
  };
}

/** Any answer counts, also a refusal: only silence says that packets are lost. TCP needs both directions, so one is enough to cut. */
export async function reaches(lab: LabHandle, machine: string, address: string): Promise<boolean> {
  const { exitCode, stderr } = await tryOnMachine(lab, machine, `timeout 1 bash -c ': </dev/tcp/${address}/${SSH}'`, 5);
  return exitCode === 0 || /refused/i.test(stderr);
}

/** Address of a machine that could be reached until now. undefined if there is none that answers, and nothing to be seen. */
async function witnessOf(lab: LabHandle, cut: LinkCut): Promise<string | undefined> {
  const others = (await lab.machines()).filter(({ name, running }) => running && name !== cut.machine && (!cut.peer || name === cut.peer));
  for (const { privateAddress } of others) if (await reaches(lab, cut.machine, privateAddress)) return privateAddress;
  return undefined;
}

/** VRRP alone is lost on its way into a machine: everything else between the two goes on. */
export function loseVrrp(lab: LabHandle, machine: string): Fault {
  const table = 'lab_lose_vrrp';
  return {
    title: `${machine} hears no VRRP`,
    inject: async () => {
      await onMachine(lab, machine, `nft 'add table inet ${table}; add chain inet ${table} input { type filter hook input priority -200; }; add rule inet ${table} input ip protocol 112 counter drop'`);
      await until(`${machine} has dropped VRRP`, async () => /counter packets [1-9]/.test(await onMachine(lab, machine, `nft list table inet ${table}`)));
    },
    recover: async () => void (await onMachine(lab, machine, `nft delete table inet ${table} 2>/dev/null || :`)),
  };
}
