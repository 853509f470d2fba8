import { onMachine, type Fault } from './fault';
import type { Lab } from '../lab';
import { freeze } from './process';

const UNIT = 'lab-locked-tables';
/** A forgotten lock ends after this time. */
const LONGEST_SECONDS = 60;
const LOCK = `FLUSH TABLES WITH READ LOCK; SELECT SLEEP(${LONGEST_SECONDS})`;
const SEES_LOCK = `mysql --batch --skip-column-names --execute="SELECT COUNT(*) FROM performance_schema.metadata_locks WHERE OBJECT_TYPE = 'GLOBAL' AND LOCK_TYPE = 'SHARED' AND LOCK_STATUS = 'GRANTED'" | grep --quiet '[1-9]'`;
const SIZES = '/run/lab-relay-logs';

/** The member keeps receiving transactions of the group, and applies none. */
export function appliesNothing(lab: Lab, member: string, dataFolder: string): Fault {
  const locked = `systemd-run --quiet --collect --unit=${UNIT} mysql --execute="${LOCK}" && for _ in $(seq 50); do ${SEES_LOCK} && break; sleep 0.1; done && ${SEES_LOCK}`;
  const relayLogs = `find ${dataFolder} -name 'relay-group_replication_applier.*' ! -name '*.index'`;
  return {
    title: `${member} receives and applies nothing`,
    inject: async () => void (await onMachine(lab, member, `${locked} && ${relayLogs} -printf '%s %p\\n' >${SIZES}`, 30)),
    // A machine that has lost power meanwhile has lost the lock, too
    recover: async () => void (await onMachine(lab, member, `systemctl stop ${UNIT} 2>/dev/null || true`, 30)),
  };
}

/**
 * Deletes what a real loss of power takes from a member that applied nothing: its relay log since then, which MySQL leaves to
 * the kernel to write (sync_relay_log). The emulated loss of power ends only processes; the kernel still writes.
 */
export function losesUnsynced(lab: Lab, member: string, unit: string): Fault {
  const frozen = freeze(lab, member, unit);
  return {
    title: `${member} loses what its kernel had not written`,
    async inject() {
      await frozen.inject();
      await onMachine(lab, member, `while read -r size file; do truncate --size="$size" "$file"; done <${SIZES}`, 30);
    },
    recover: () => frozen.recover(),
  };
}
