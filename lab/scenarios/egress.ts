import type { Operation } from '../checkers';
import { onMachine, tryOnMachine } from '../faults';
import type { Lab } from '../lab';
import { now, pause } from '../traffic';
import { repeatedly, type Repeated } from './repeatedly';

/** A site outside, by name: a package mirror. */
const OUTSIDE = 'http://mirror.hetzner.com/';

/** Sends requests outside twice a second from a machine whose only way there is the NAT of the pair. Any answer counts. */
export function startEgress(lab: Lab, machine: string, record: (operation: Operation) => void): Repeated {
  return repeatedly(500, async () => {
    const start = now();
    const { exitCode } = await tryOnMachine(lab, machine, `curl --silent --output /dev/null --max-time 1 ${OUTSIDE}`, 5);
    const answered = exitCode === 0;
    record({
      stream: 'egress',
      start,
      end: now(),
      outcome: answered ? 'acknowledged' : 'failed',
      member: machine,
      error: answered ? undefined : `curl ended with ${exitCode}`,
    });
  });
}

/** Node's library, 12 MB: every app host has it already, so apt fetches no dependencies. */
const LARGE_PACKAGE = 'libnode115';
const KILOBYTES_PER_SECOND = 400;
const FOLDER = '/var/tmp/lab-apt-download';
const OPTIONS = `-qq --yes -o Dir::Cache::Archives=${FOLDER} -o Acquire::http::Dl-Limit=${KILOBYTES_PER_SECOND}`;

export interface Download {
  /** Rejects if apt gave up. */
  readonly finished: Promise<unknown>;
  /** Bytes so far; a restart from the beginning makes it less. */
  bytes(): Promise<number>;
}

/** apt fetches a large package with its own timeouts and retries. Each half second without progress is a failure. */
export function startAptDownload(lab: Lab, machine: string, record: (operation: Operation) => void): Download {
  const bytes = async () => Number(await onMachine(lab, machine, `cat ${FOLDER}/partial/*.deb ${FOLDER}/*.deb 2>/dev/null | wc -c`));
  let over = false;
  const finished = onMachine(
    lab,
    machine,
    `rm -rf ${FOLDER} && mkdir -p ${FOLDER}/partial && apt-get ${OPTIONS} install --reinstall --download-only ${LARGE_PACKAGE}`,
    120,
  ).finally(() => (over = true));
  const watch = async () => {
    let before = 0;
    while (!over) {
      const start = now();
      await pause(500);
      const after = await bytes().catch(() => 0);
      const further = after > before || over;
      if (before > 0)
        record({
          stream: 'egress',
          start,
          end: now(),
          outcome: further ? 'acknowledged' : 'failed',
          member: machine,
          error: further ? undefined : `still ${after} bytes`,
        });
      before = after;
    }
  };
  // A waiter for `finished` gets the failure; without one it must not end this process as an unhandled rejection.
  finished.catch(() => undefined);
  void watch();
  return { finished, bytes };
}
