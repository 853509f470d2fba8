import { onMachine, until, type Fault } from './fault';
import type { Lab } from '../lab';

/** Keeps every core of the machine busy. */
export function busy(lab: Lab, machine: string): Fault {
  const unit = 'lab-busy';
  return {
    title: `${machine} is busy`,
    inject: async () => {
      await onMachine(
        lab,
        machine,
        `systemd-run --quiet --unit=${unit} bash -c 'for _ in $(seq "$(nproc)"); do while :; do :; done & done; wait'`,
      );
      await until(`${machine} is busy`, async () => (await onMachine(lab, machine, `systemctl is-active ${unit}`)) === 'active');
    },
    recover: async () => void (await onMachine(lab, machine, `systemctl stop ${unit} 2>/dev/null || :`)),
  };
}

/** Stops the service most of the time, a quarter of a second at a stretch: it answers everything, slowly. */
export function slowed(lab: Lab, machine: string, unit: string): Fault {
  const helper = 'lab-slow';
  const loop = `while :; do systemctl kill --signal=STOP ${unit}; sleep 0.25; systemctl kill --signal=CONT ${unit}; sleep 0.1; done`;
  return {
    title: `${unit} on ${machine} is slow`,
    inject: async () => {
      await onMachine(lab, machine, `systemd-run --quiet --unit=${helper} bash -c '${loop}'`);
      await until(
        `${unit} on ${machine} stutters`,
        async () => (await onMachine(lab, machine, `systemctl is-active ${helper}`)) === 'active',
      );
    },
    recover: async () =>
      void (await onMachine(
        lab,
        machine,
        `systemctl stop ${helper} 2>/dev/null || :; systemctl kill --signal=CONT ${unit} 2>/dev/null || :`,
      )),
  };
}

/** Gives one service a wrong time. Machines of the lab share one clock, so the library faketime shifts it for this service only. */
export function clockOff(lab: Lab, machine: string, unit: string, offset: string): Fault {
  const dropIn = `/run/systemd/system/${unit}.service.d`;
  const content = `[Service]\\nEnvironment=LD_PRELOAD=/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1 FAKETIME=${offset} DONT_FAKE_MONOTONIC=1\\n`;
  return {
    title: `the clock of ${unit} on ${machine} is off by ${offset}`,
    async inject() {
      await onMachine(lab, machine, 'dpkg -s libfaketime >/dev/null 2>&1 || apt-get -qq install -y libfaketime >/dev/null', 180);
      await onMachine(
        lab,
        machine,
        `mkdir -p ${dropIn} && printf '${content}' >${dropIn}/lab-clock.conf && systemctl daemon-reload && systemctl restart ${unit}`,
        120,
      );
      await until(
        `${unit} on ${machine} has the other clock`,
        async () =>
          (await onMachine(lab, machine, `grep -c FAKETIME "/proc/$(systemctl show -p MainPID --value ${unit})/environ"`)) !== '0',
      );
    },
    async recover() {
      await onMachine(
        lab,
        machine,
        `if rm ${dropIn}/lab-clock.conf 2>/dev/null; then systemctl daemon-reload; systemctl restart ${unit}; fi`,
        120,
      );
    },
  };
}
