import { onMachine, type Fault } from './fault';
import type { Lab } from '../lab';
import { mainPid } from './process';
import { configure, uploaded } from './provisioning';

const UPLOADED = uploaded('/etc/mysql/platform.cnf');
const FORMER = '/var/lib/platform/lab-former-platform.cnf';
const CONFIGURE = configure('mysql');
/** Seconds for one member: it waits for the others before, and for itself after the restart. */
const SECONDS = 600;

/** Brings another my.cnf to one member, as a deploy does: mysqld is restarted. */
export function databaseSetting(lab: Lab, machine: string, unit: string): Fault {
  return {
    title: `${machine} gets another setting`,
    async inject() {
      const before = await mainPid(lab, machine, unit);
      await onMachine(lab, machine, `cp -p ${UPLOADED} ${FORMER} && echo 'back_log = 200' >>${UPLOADED} && ${CONFIGURE}`, SECONDS);
      if ((await mainPid(lab, machine, unit)) === before) throw new Error(`mysqld on ${machine} was not restarted`);
    },
    recover: async () =>
      void (await onMachine(lab, machine, `if test -f ${FORMER}; then mv ${FORMER} ${UPLOADED} && ${CONFIGURE}; fi`, SECONDS)),
  };
}

/** The operator's command before a reboot. */
export function makeWay(lab: Lab, machine: string): Fault {
  return {
    title: `${machine} makes way`,
    inject: async () => void (await onMachine(lab, machine, 'platform-mysql make-way 120', 130)),
    recover: async () => undefined,
  };
}
