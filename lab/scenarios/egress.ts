import type { Operation } from '../checkers';
import { tryOnMachine, type LabHandle } from '../faults';
import { now } from '../traffic';
import { repeatedly, type Repeated } from './repeatedly';

/** Something outside that answers: the package mirror. */
const OUTSIDE = 'http://198.51.100.20:3142/';

/** Asks the outside twice a second from a machine whose only way there is the NAT of the pair. Any answer will do. */
export function startEgress(lab: LabHandle, machine: string, record: (operation: Operation) => void): Repeated {
  return repeatedly(500, async () => {
    const start = now();
    const { exitCode } = await tryOnMachine(lab, machine, `curl --silent --output /dev/null --max-time 1 ${OUTSIDE}`, 5);
    const answered = exitCode === 0;
    record({ stream: 'egress', start, end: now(), outcome: answered ? 'acknowledged' : 'failed', member: machine, error: answered ? undefined : `curl ended with ${exitCode}` });
  });
}
