import { all, until, type Fault } from './fault';
import type { Lab } from '../lab';

/** As when the host under the server dies: nothing is written, and no peer is informed. */
export function powerOff(lab: Lab, machine: string): Fault {
  return {
    title: `${machine} loses power`,
    async inject() {
      await lab.powerOff(machine);
      await until(`${machine} is off`, async () => !(await isRunning(lab, machine)));
    },
    recover: () => powerOnAgain(lab, machine),
  };
}

export function cleanStop(lab: Lab, machine: string): Fault {
  return {
    title: `${machine} is shut down`,
    async inject() {
      await lab.shutdown(machine);
      await until(`${machine} is off`, async () => !(await isRunning(lab, machine)), 120_000);
    },
    recover: () => powerOnAgain(lab, machine),
  };
}

export function allPowerOff(lab: Lab, machines: readonly string[]): Fault {
  const each = machines.map((machine) => powerOff(lab, machine));
  return {
    title: `${machines.join(', ')} lose power`,
    inject: () => all(each.map((fault) => () => fault.inject())),
    recover: () => all(each.map((fault) => () => fault.recover())),
  };
}

/** As hc-utils does on some images. Takes effect at the next boot. */
export function latePrivateInterfaces(lab: Lab, seconds: number): Fault {
  return {
    title: `private interfaces get their address ${seconds} s after the network is said to be online`,
    inject: () => lab.latePrivateInterfaces(seconds),
    recover: () => lab.latePrivateInterfaces(),
  };
}

export async function powerOnAgain(lab: Lab, machine: string): Promise<void> {
  if (!(await isRunning(lab, machine))) await lab.powerOn(machine);
  await until(`${machine} is on`, () => isRunning(lab, machine), 60_000);
}

async function isRunning(lab: Lab, machine: string): Promise<boolean> {
  return (await lab.machine(machine)).running;
}
