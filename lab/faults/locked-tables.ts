import { onMachine, type Fault } from './fault';
import type { LabHandle } from './lab-handle';

const UNIT = 'lab-locked-tables';
/** A lock that nobody ends, ends then. */
const LONGEST_SECONDS = 60;
const LOCK = `FLUSH TABLES WITH READ LOCK; SELECT SLEEP(${LONGEST_SECONDS})`;
const SEES_LOCK = `mysql --batch --skip-column-names --execute="SELECT COUNT(*) FROM performance_schema.metadata_locks WHERE OBJECT_TYPE = 'GLOBAL' AND LOCK_TYPE = 'SHARED' AND LOCK_STATUS = 'GRANTED'" | grep --quiet '[1-9]'`;

/** A member goes on to receive what the group writes, and applies none of it. */
export function lockedTables(lab: LabHandle, member: string): Fault {
  const wait = `for _ in $(seq 50); do ${SEES_LOCK} && exit 0; sleep 0.1; done; exit 1`;
  return {
    title: `${member} applies nothing`,
    inject: async () => void (await onMachine(lab, member, `systemd-run --quiet --collect --unit=${UNIT} mysql --execute="${LOCK}" && { ${wait}; }`, 30)),
    // A machine that has lost power meanwhile has no lock any more
    recover: async () => void (await onMachine(lab, member, `systemctl stop ${UNIT} 2>/dev/null || true`, 30)),
  };
}
