import { onMachine, type Fault } from './fault';
import type { Lab } from '../lab';
import { freeze } from './process';

export interface Errant {
  readonly member: string;
  /** Unit of the member's agent, stopped meanwhile because it would prevent this. */
  readonly agent: string;
  /** One SQL statement that writes. */
  readonly write: string;
}

/** Takes a member out of the group and writes to it: a transaction that no other member has. */
export function errantTransaction(lab: Lab, { member, agent, write }: Errant): Fault {
  const frozen = freeze(lab, member, agent);
  const statements = `STOP GROUP_REPLICATION; SET GLOBAL super_read_only = OFF; SET GLOBAL read_only = OFF; ${write}; SET GLOBAL super_read_only = ON`;
  return {
    title: `${member} leaves the group and somebody writes to it`,
    async inject() {
      await frozen.inject();
      await onMachine(lab, member, `mysql --execute="${statements}"`, 60);
      await frozen.recover();
    },
    recover: () => frozen.recover(),
  };
}
