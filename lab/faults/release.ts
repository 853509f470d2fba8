import { onMachine, tryOnMachine, type Fault } from './fault';
import type { Lab } from '../lab';
import { mainPid } from './process';
import { configure, uploaded } from './provisioning';

const UPLOADED = uploaded('/opt/app/release/server.js');
const GOOD = '/var/lib/platform/lab-good-release.js';
const CONFIGURE = configure('app');
const CURRENT = 'basename "$(readlink /opt/app/current)"';
const SECONDS = 180;

/** Brings another version of the application to one server, as a deploy does; it takes over there. */
export function newRelease(lab: Lab, machine: string, unit: string): Fault {
  return {
    title: `a new release comes to ${machine}`,
    async inject() {
      const before = await running(lab, machine, unit);
      await onMachine(lab, machine, `cp -p ${UPLOADED} ${GOOD} && echo '// another release' >>${UPLOADED} && ${CONFIGURE}`, SECONDS);
      const after = await running(lab, machine, unit);
      if (after.release === before.release) throw new Error(`${machine} still has release ${before.release}`);
      if (after.pid === before.pid)
        throw new Error(`${machine} has release ${after.release}, and still runs the process of the one before`);
    },
    recover: () => formerRelease(lab, machine),
  };
}

/** Brings a version that ends as soon as it is started. The push must fail, and the old version must serve again. */
export function brokenRelease(lab: Lab, machine: string, unit: string): Fault {
  return {
    title: `a release that does not start is pushed to ${machine}`,
    async inject() {
      const before = await running(lab, machine, unit);
      await onMachine(lab, machine, `cp -p ${UPLOADED} ${GOOD} && echo 'throw new Error("this release is broken");' >${UPLOADED}`);
      const { exitCode, stdout, stderr } = await tryOnMachine(lab, machine, CONFIGURE, SECONDS);
      if (exitCode === 0) throw new Error(`${machine} took a broken release without a word`);
      if (!`${stdout}${stderr}`.includes('this release is broken'))
        throw new Error(`the push failed, but not with the message of the application: ${stderr.slice(-300)}`);
      const after = await running(lab, machine, unit);
      if (after.release !== before.release || after.pid === 0) throw new Error(`${machine} did not go back to release ${before.release}`);
    },
    recover: () => formerRelease(lab, machine),
  };
}

async function formerRelease(lab: Lab, machine: string): Promise<void> {
  await onMachine(lab, machine, `if test -f ${GOOD}; then mv ${GOOD} ${UPLOADED} && ${CONFIGURE}; fi`, SECONDS);
}

async function running(lab: Lab, machine: string, unit: string): Promise<{ release: string; pid: number }> {
  return { release: await onMachine(lab, machine, CURRENT), pid: await mainPid(lab, machine, unit) };
}
