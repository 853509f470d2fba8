import { renderMyCnf } from '../../lib/config/my-cnf';
import { MY_CNF } from './mysql-member';

/** What a visitor might have written. */
const LITERAL = 'a literal of a visitor';

/**
 * Runs a mysqld of its own in a new folder, first with the slow log off and then on, and a slow statement with a literal by each. Prints
 * what mysqld says of the log, and the files of its folder, and of what it writes to the journal, in which the literal is.
 */
const SCRIPT = `
set -euo pipefail
folder=$(mktemp --directory /var/tmp/slow-log.XXXXXX)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
cd "$folder"
chown mysql .
install -d -o mysql run tls data-tmp
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test -keyout tls/server.key -out tls/server.pem 2>/dev/null
cp tls/server.pem tls/ca.pem
chown mysql tls/*
printf '%s' "\${1//FOLDER/$folder}" >off.cnf
printf '%s' "\${2//FOLDER/$folder}" >on.cnf
client() { "$1" --no-defaults --socket=run/mysqld.sock --user=root "\${@:2}"; }
mysqld --defaults-file=off.cnf --initialize-insecure 2>journal || { cat journal >&2; exit 1; }
for setting in off on; do
  mysqld --defaults-file=$setting.cnf 2>>journal &
  for try in {1..300}; do
    client mysql --execute='DO 1' 2>/dev/null && break
    sleep 0.1
  done
  client mysql --skip-column-names --execute="SELECT CONCAT('$setting: slow_query_log is ', @@slow_query_log)" || { cat journal >&2; exit 1; }
  client mysql --execute="SELECT SLEEP(0.4), '$3'" >/dev/null
  client mysql --execute=SHUTDOWN
  wait
  { grep --recursive --text --files-with-matches "$3" . || (($? == 1)); } | sort | sed "s/^/$setting: /"
done
`;

/** The command, for the machine that has MySQL. */
export function slowLogTrial(): string[] {
  const config = (slowLog: boolean) =>
    renderMyCnf({
      ...MY_CNF,
      address: '127.0.0.1',
      port: 33_999,
      dataFolder: 'FOLDER/data',
      tlsFolder: 'FOLDER/tls',
      slowSeconds: 0.2,
      slowLog,
    }).replaceAll('/run/mysqld/', 'FOLDER/run/');
  return ['bash', '-c', SCRIPT, 'slow-log', config(false), config(true), LITERAL];
}

/** What it prints where the setting does what it says. */
export const SLOW_LOG_TRIED = ['off: slow_query_log is 0', 'on: slow_query_log is 1', 'on: ./data/slow.log'];
