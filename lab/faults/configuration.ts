import { pause } from '../traffic/clock';
import { onMachine, tryOnMachine, type Fault } from './fault';
import type { Lab } from '../lab';
import { mainPid } from './process';
import { configure, uploaded } from './provisioning';

/** With what follows in a scenario below the 60 s of hard-stop-after, by which HAProxy ends connections of a process that was replaced. */
const RELOADING_MILLISECONDS = 45_000;

/** Reloads the unit many times in a row. */
export function reloads(lab: Lab, machine: string, unit: string, { times = 50, everyMilliseconds = 800 } = {}): Fault {
  return {
    title: `${unit} on ${machine} is reloaded ${times} times, or as often as it can be in ${RELOADING_MILLISECONDS / 1000} s`,
    async inject() {
      const begun = Date.now();
      for (let n = 1; n <= times && Date.now() - begun < RELOADING_MILLISECONDS; n += 1) {
        await onMachine(lab, machine, `systemctl reload ${unit}`, 30);
        await pause(Math.max(0, begun + n * everyMilliseconds - Date.now()));
      }
    },
    recover: async () => undefined,
  };
}

export interface BrokenConfiguration {
  readonly machine: string;
  /** Role of a script in provisioning/, e.g. `load-balancer`. */
  readonly role: string;
  /** The file as the host knows it; a line of nonsense is added to the staged one. */
  readonly file: string;
  readonly unit: string;
}

/** Pushes a file that its own program rejects. The push must fail and leave the running process alone. */
export function brokenConfiguration(lab: Lab, { machine, role, file, unit }: BrokenConfiguration): Fault {
  const staged = uploaded(file);
  const push = configure(role);
  return {
    title: `a broken ${file} is pushed to ${machine}`,
    async inject() {
      const before = await mainPid(lab, machine, unit);
      await onMachine(lab, machine, `cp -p ${staged} ${staged}.lab-good && printf '\\nthis is no configuration\\n' >>${staged}`);
      const pushed = await tryOnMachine(lab, machine, push, 120);
      if (pushed.exitCode === 0) throw new Error(`${machine} took a broken ${file} without a word`);
      if (!/this|configuration|line|unknown/i.test(`${pushed.stdout}${pushed.stderr}`))
        throw new Error(`the push failed, but not with the message of the program: ${pushed.stderr.slice(-300)}`);
      if ((await mainPid(lab, machine, unit)) !== before) throw new Error(`${unit} on ${machine} was restarted by a broken configuration`);
    },
    async recover() {
      await onMachine(lab, machine, `if test -f ${staged}.lab-good; then mv ${staged}.lab-good ${staged} && ${push}; fi`, 180);
    },
  };
}
