import { pause } from '../traffic/clock';
import { all, onMachine, tryOnMachine, until, type Fault } from './fault';
import type { Cut, Degradation, Lab, LabMachine, Tier } from '../lab';

/** A port of each tier that other hosts on the private network can reach. */
const PORT: Readonly<Record<Tier, number>> = { lb: 9101, web: 80, app: 3000, mysql: 3306 };

/** Drops packets silently, as a broken switch does. Private links only, because the effect is observed from other machines. */
export function cutLink(lab: Lab, cut: Cut & { readonly link: 'private' }): Fault {
  const direction = cut.direction && cut.direction !== 'both' ? ` (${cut.direction} only)` : '';
  return {
    title: `${cut.link} link of ${cut.machine}${cut.peer ? ` to ${cut.peer}` : ''} is cut${direction}`,
    async inject() {
      const witness = await witnessOf(lab, cut);
      // A link that was never open would be "cut" by doing nothing.
      if (!witness) throw new Error(`${cut.machine} reached no other machine before the cut, so its effect could not be seen`);
      await lab.cut(cut);
      await until(`${cut.machine} cannot reach ${witness.name}`, async () => !(await reaches(lab, cut.machine, witness)));
    },
    recover: () => lab.heal(cut),
  };
}

/** All links between two machines of the private network, one way or both. */
export function partition(lab: Lab, title: string, left: readonly string[], right: readonly string[]): Fault {
  const cuts = left.flatMap((machine) => right.map((peer) => cutLink(lab, { machine, link: 'private', peer })));
  return { title, inject: () => all(cuts.map((cut) => () => cut.inject())), recover: () => all(cuts.map((cut) => () => cut.recover())) };
}

/** Cuts and heals a link again and again until recovery. */
export function flappingLink(
  lab: Lab,
  cut: Cut & { readonly link: 'private' },
  { downMilliseconds = 3000, upMilliseconds = 2000 } = {},
): Fault {
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

export function losePackets(lab: Lab, loss: Degradation): Fault {
  return {
    title: `the ${loss.link} link of ${loss.machine} loses ${loss.lossPercent} % of its packets`,
    inject: () => lab.degrade(loss),
    recover: () => lab.degrade({ ...loss, lossPercent: 0 }),
  };
}

/** Any answer counts, also a refusal: only silence means that packets are lost. TCP needs both directions, so cutting one is enough. */
async function reaches(lab: Lab, machine: string, { privateAddress, tier }: LabMachine): Promise<boolean> {
  const { exitCode, stderr } = await tryOnMachine(lab, machine, `timeout 1 bash -c ': </dev/tcp/${privateAddress}/${PORT[tier]}'`, 5);
  return exitCode === 0 || /refused/i.test(stderr);
}

/** Finds a machine that can be reached before the cut, of the same tier if possible. Asks all at once, because firewalls silence some. */
async function witnessOf(lab: Lab, cut: Cut): Promise<LabMachine | undefined> {
  const machines = await lab.machines();
  const tier = machines.find(({ name }) => name === cut.machine)?.tier;
  const others = machines
    .filter(({ name, running }) => running && name !== cut.machine && (!cut.peer || name === cut.peer))
    .sort((a, b) => Number(b.tier === tier) - Number(a.tier === tier));
  const answers = await Promise.all(others.map((other) => reaches(lab, cut.machine, other)));
  return others.find((_, n) => answers[n]);
}

/** Drops VRRP, and nothing else, on its way into a machine. */
export function loseVrrp(lab: Lab, machine: string): Fault {
  const table = 'lab_lose_vrrp';
  return {
    title: `${machine} hears no VRRP`,
    inject: async () => {
      await onMachine(
        lab,
        machine,
        `nft 'add table inet ${table}; add chain inet ${table} input { type filter hook input priority -200; }; add rule inet ${table} input ip protocol 112 counter drop'`,
      );
      await until(`${machine} has dropped VRRP`, async () =>
        /counter packets [1-9]/.test(await onMachine(lab, machine, `nft list table inet ${table}`)),
      );
    },
    recover: async () => void (await onMachine(lab, machine, `nft delete table inet ${table} 2>/dev/null || :`)),
  };
}
