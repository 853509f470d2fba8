import type { Tier } from '../../lib/net/address-plan';
import { PORTS } from '../../lib/net/ports';
import { healthUrls } from '../../lib/updates/security-updates';
import type { Host } from '../environment/outputs';
import { asRoot, printable, shellLine } from '../ssh/quote';
import { NoAnswer, type Answered } from '../ssh/reach';
import type { HostStatus } from '../status/report';
import type { Wellness } from './plan';

/** Ways to hosts. */
export interface Ways {
  readonly status: (host: Host) => Promise<HostStatus>;
  /** @throws NoAnswer */
  readonly run: (host: Host, line: string, seconds: number) => Promise<Answered>;
}

/** The hosts of one tier. */
export interface TierHosts {
  readonly hosts: readonly Host[];
  /** Who logs in. */
  readonly user: string;
  /** Opens ways for one question: the load balancers that they lead over go and come back. */
  readonly ask: <T>(question: (ways: Ways) => Promise<T>) => Promise<T>;
}

/** As in provisioning/shared/platform-updates: who has one of them does without no other host, and reboots on its own. */
const TURN = '/run/security-updates/turn';
const LEAVING = '/run/security-updates-reboot';

/** Arguments: URLs that answer well where the host does its part. */
const WELL = `
[ ! -e ${TURN} ] || { echo 'it takes its turn for security updates'; exit 1; }
[ ! -e ${LEAVING} ] || { echo 'it is about to leave: it reboots, or is being resized'; exit 1; }
for url; do
  curl --silent --fail --output /dev/null --max-time 3 "$url" || { echo "$url does not say that it is well"; exit 1; }
done`;

const ASK_SECONDS = 30;

export async function wellnessOf(tier: TierHosts): Promise<readonly Wellness[]> {
  return tier.ask((ways) =>
    Promise.all(
      tier.hosts.map(async (host) => {
        const { role, noAnswer } = await ways.status(host);
        return { name: host.name, role, problem: noAnswer === null ? await problemOf(ways, host) : `it does not answer: ${noAnswer}` };
      }),
    ),
  );
}

async function problemOf(ways: Ways, host: Host): Promise<string | null> {
  try {
    const line = shellLine(['sh', '-c', WELL, 'well', ...healthUrls(host.tier, host.privateAddress)]);
    const { exitCode, stdout, stderr } = await ways.run(host, line, ASK_SECONDS);
    return exitCode === 0 ? null : printable(stdout) || printable(stderr) || `the question ended with ${exitCode}`;
  } catch (error) {
    if (error instanceof NoAnswer) return `it does not answer: ${error.message}`;
    throw error;
  }
}

/** Argument: metrics of the floating-ip agent. Both addresses of the pair lead to the other one when it ends; uncertain counts as "here". */
const HAND_OVER = `
has_addresses() {
  metrics=$(curl --silent --fail --max-time 3 "$1" | head -c 1000000) && [ -n "$metrics" ] || return 0
  printf '%s\\n' "$metrics" | grep -qE '^floating_ip_agent_(vrrp_master|holds_floating_ip|holds_nat_gateway) 1$'
}
has_addresses "$1" || exit 0
platform-switchover || exit 1
for second in $(seq 90); do
  has_addresses "$1" || exit 0
  sleep 1
done
echo 'floating IP or NAT gateway still lead to it, 90 s after the other load balancer took over'
exit 1`;

/** Takes a host out of service, so that it can be shut down: the same as before a reboot for security updates. */
function makingWay({ tier, privateAddress }: Host): readonly string[] {
  switch (tier) {
    case 'lb':
      return ['sh', '-c', HAND_OVER, 'hand-over', `http://${privateAddress}:${PORTS.lb.floatingIpAgent}/metrics`];
    case 'web':
      return ['systemctl', 'stop', 'nginx'];
    case 'app':
      return ['systemctl', 'stop', 'app'];
    case 'mysql':
      return ['platform-mysql', 'make-way', '120'];
  }
}

/** Of a host that has made way and stays all the same; its shutdown may be under way. */
const SERVING_AGAIN: Readonly<Record<Tier, string>> = {
  lb: `rm -f ${LEAVING}`,
  web: `rm -f ${LEAVING}; systemctl start nginx`,
  app: `rm -f ${LEAVING}; systemctl start app`,
  mysql: `rm -f ${LEAVING}`,
};

/** Longer than any of them takes before it gives up by itself, in seconds. */
const COMMAND_SECONDS = 240;

/** Forgotten after a while, in case this command is killed: longer than making way and shutting down take. */
const ANNOUNCE = `touch ${LEAVING} && systemd-run --quiet --collect --on-active=15min rm -f ${LEAVING}`;

/** From here on the host does not let others of its tier go. It forgets that when it boots. */
export const announce = (tier: TierHosts, host: Host): Promise<string | null> => command(tier, host, ['sh', '-c', ANNOUNCE]);

/** A load balancer gives the addresses away, Nginx and the application finish what they have accepted, a PRIMARY hands over. */
export const makeWay = (tier: TierHosts, host: Host): Promise<string | null> => command(tier, host, makingWay(host));

export const serveAgain = (tier: TierHosts, host: Host): Promise<string | null> =>
  command(tier, host, ['sh', '-c', SERVING_AGAIN[host.tier]]);

/** As root. @returns null when it is done, else why it is not */
async function command(tier: TierHosts, host: Host, argv: readonly string[]): Promise<string | null> {
  try {
    const { exitCode, stdout, stderr } = await tier.ask(({ run }) => run(host, asRoot(tier.user, argv), COMMAND_SECONDS));
    return exitCode === 0 ? null : printable(stderr) || printable(stdout) || `${argv[0]} ended with ${exitCode}`;
  } catch (error) {
    if (error instanceof NoAnswer) return `it does not answer: ${error.message}`;
    throw error;
  }
}
