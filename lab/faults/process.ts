import { onMachine, tryOnMachine, until, type Fault } from './fault';
import type { Lab } from '../lab';

/** kill -9 of every process of the unit. systemd may start it again, which is part of the test. */
export function kill(lab: Lab, machine: string, unit: string): Fault {
  return {
    title: `${unit} on ${machine} is killed`,
    async inject() {
      const before = await mainPid(lab, machine, unit);
      if (before === 0) throw new Error(`${unit} on ${machine} does not run, so it cannot be killed`);
      await onMachine(lab, machine, `systemctl kill --kill-whom=all --signal=KILL ${unit}`);
      await until(
        `process ${before} on ${machine} is gone`,
        async () => (await tryOnMachine(lab, machine, `test ! -d /proc/${before}`)).exitCode === 0,
      );
    },
    recover: () => startAgain(lab, machine, unit),
  };
}

/** Kills the unit and keeps it down until recovery. */
export function killForGood(lab: Lab, machine: string, unit: string): Fault {
  return {
    title: `${unit} on ${machine} is killed and stays down`,
    async inject() {
      await onMachine(lab, machine, `systemctl mask --runtime ${unit} && systemctl kill --kill-whom=all --signal=KILL ${unit}`);
      await until(`${unit} on ${machine} is down`, async () => (await mainPid(lab, machine, unit)) === 0);
    },
    async recover() {
      await onMachine(lab, machine, `systemctl unmask --runtime ${unit}`);
      await startAgain(lab, machine, unit);
    },
  };
}

/** SIGSTOP of every process of the unit: connections stay open without an answer, the hardest failure to detect. */
export function freeze(lab: Lab, machine: string, unit: string): Fault {
  return {
    title: `${unit} on ${machine} freezes`,
    async inject() {
      const pid = await mainPid(lab, machine, unit);
      if (pid === 0) throw new Error(`${unit} on ${machine} does not run, so it cannot be frozen`);
      await onMachine(lab, machine, `systemctl kill --kill-whom=all --signal=STOP ${unit}`);
      await until(`${unit} on ${machine} is stopped`, async () =>
        (await onMachine(lab, machine, `sed -n 's/^State:\\t//p' /proc/${pid}/status`)).startsWith('T'),
      );
    },
    async recover() {
      await onMachine(
        lab,
        machine,
        `systemctl kill --kill-whom=all --signal=CONT ${unit} 2>/dev/null || systemctl is-active ${unit} || true`,
      );
      await startAgain(lab, machine, unit);
    },
  };
}

/** The way an administrator stops a service. */
export function stopUnit(lab: Lab, machine: string, unit: string): Fault {
  return {
    title: `${unit} on ${machine} is stopped`,
    async inject() {
      await onMachine(lab, machine, `systemctl stop ${unit}`, 90);
      await until(`${unit} on ${machine} is down`, async () => (await mainPid(lab, machine, unit)) === 0);
    },
    recover: () => startAgain(lab, machine, unit),
  };
}

/** Runs the maintenance command of the active load balancer. Breaks nothing, so recovery does nothing. */
export function handOver(lab: Lab, machine: string): Fault {
  return {
    title: `${machine} hands the floating IP over`,
    async inject() {
      await onMachine(lab, machine, 'platform-switchover', 100);
      await until(`${machine} has handed over`, async () => (await lab.addressHolders()).floatingIp !== machine);
    },
    recover: async () => undefined,
  };
}

export async function startAgain(lab: Lab, machine: string, unit: string): Promise<void> {
  await onMachine(
    lab,
    machine,
    `systemctl is-active --quiet ${unit} || { systemctl reset-failed ${unit} 2>/dev/null || :; systemctl start ${unit}; }`,
    60,
  );
}

/** 0: it does not run. */
export async function mainPid(lab: Lab, machine: string, unit: string): Promise<number> {
  return Number(await onMachine(lab, machine, `systemctl show --property=MainPID --value ${unit}`));
}
