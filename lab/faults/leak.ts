import { onMachine, tryOnMachine, until, type Fault } from './fault';
import type { Lab } from '../lab';
import { mainPid, startAgain } from './process';

const INSPECTOR = 'http://127.0.0.1:9229/json/list';
/** Kilobytes that a process has to grow by until it is called a leak. */
const SEEN_KILOBYTES = 200_000;

/** Allocates some 100 MB a second and never frees them. */
const LEAK =
  'globalThis.labLeak = []; setInterval(() => { for (let n = 0; n < 250; n += 1) labLeak.push(new Array(2500).fill(n)); }, 50); 0';

/** Talks to the process by its inspector, as a debugger does. Gets its data only from the environment. */
const EVALUATE = `
const [page] = await (await fetch(process.env.INSPECTOR)).json();
const socket = new WebSocket(page.webSocketDebuggerUrl);
await new Promise((resolve, reject) => { socket.onopen = resolve; socket.onerror = () => reject(new Error('no inspector')); });
const answered = new Promise((resolve) => (socket.onmessage = ({ data }) => resolve(JSON.parse(data))));
socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression: process.env.EXPRESSION } }));
const { result, error } = await answered;
socket.close();
if (error || result.exceptionDetails) throw new Error(JSON.stringify(error ?? result.exceptionDetails));
`;

/**
 * Makes a running Node process leak memory, without a restart: SIGUSR1 opens its inspector on loopback. The leak ends
 * with the process.
 */
export function leakMemory(lab: Lab, machine: string, unit: string): Fault {
  let leaking = 0;
  return {
    title: `${unit} on ${machine} leaks memory`,
    async inject() {
      leaking = await mainPid(lab, machine, unit);
      if (leaking === 0) throw new Error(`${unit} on ${machine} does not run, so it cannot leak`);
      const before = await residentKilobytes(lab, machine, leaking);
      await onMachine(lab, machine, `kill -USR1 ${leaking}`);
      await until(
        'the inspector listens',
        async () => (await tryOnMachine(lab, machine, `curl --silent --fail --max-time 2 --output /dev/null ${INSPECTOR}`)).exitCode === 0,
      );
      await onMachine(
        lab,
        machine,
        `INSPECTOR='${INSPECTOR}' EXPRESSION='${LEAK}' node --experimental-websocket --no-warnings --input-type=module --eval "$(cat <<'PROGRAM'${EVALUATE}PROGRAM\n)"`,
        30,
      );
      await until(
        `${unit} on ${machine} grows`,
        async () => (await residentKilobytes(lab, machine, leaking)) > before + SEEN_KILOBYTES,
        60_000,
      );
    },
    async recover() {
      if (leaking !== 0 && (await mainPid(lab, machine, unit)) === leaking) await onMachine(lab, machine, `systemctl restart ${unit}`, 60);
      await startAgain(lab, machine, unit);
    },
  };
}

/** 0: the process is gone. */
async function residentKilobytes(lab: Lab, machine: string, pid: number): Promise<number> {
  const { stdout } = await tryOnMachine(lab, machine, `sed -n 's/^VmRSS:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/${pid}/status`);
  return Number(stdout);
}
