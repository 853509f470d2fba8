import { until, type Fault } from './fault';
import type { Lab } from '../lab';

/** Deletes a server for good; an operator's deploy makes another in its place. */
export function serverGone(lab: Lab, machine: string, { volume }: { readonly volume: boolean }): Fault {
  let deployed = true;
  return {
    title: `${machine} is deleted${volume ? ', and its volume' : ''}`,
    async inject() {
      deployed = false;
      await lab.deleteServer(machine, { volume });
      await until(`${machine} is gone`, async () => !(await lab.machines()).some(({ name }) => name === machine));
    },
    async recover() {
      if (deployed) return;
      await lab.deploy();
      deployed = true;
    },
  };
}
