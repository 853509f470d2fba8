import {
  addressMovedAtMost,
  noAcknowledgedWriteLost,
  noDoubleExecution,
  noFailedRequest,
  nothingOscillates,
  type Checker,
} from '../checkers';
import {
  allPowerOff,
  brokenConfiguration,
  certificateChanges,
  certificateExpires,
  cleanStop,
  cutLink,
  freeze,
  handOver,
  kill,
  loseVrrp,
  onMachine,
  powerOff,
  reloads,
  stopUnit,
  type Fault,
} from '../faults';
import type { Lab } from '../lab';
import { QUIET } from './checks';
import { aliasMilliseconds, egressOutageAtMost, moveMilliseconds, nothingFails, outageAtMost, serviceAfterFirstRecovery } from './figures';
import { certificateOf } from './roles';
import type { Measured, Scenario } from './scenario';
import type { Stage } from './stage';
import { UNITS } from './units';

/** Checks for an outage of the whole pair, in which requests fail and the addresses move once at most. */
export const PAIR_AWAY: readonly Checker[] = [
  noAcknowledgedWriteLost,
  noDoubleExecution,
  addressMovedAtMost(1),
  nothingOscillates(120_000),
  QUIET,
];

/** Checks for every fault of one load balancer. */
export const PAIR: readonly Checker[] = [...PAIR_AWAY, noFailedRequest('write', 'read')];

/** Checks for a change under load that clients must not notice. */
const UNNOTICED: readonly Checker[] = [
  noAcknowledgedWriteLost,
  noDoubleExecution,
  addressMovedAtMost(0),
  noFailedRequest('probe', 'keep-alive', 'get', 'write', 'read', 'download', 'events'),
];

const within = (milliseconds: number) => (lab: Lab) => [outageAtMost(milliseconds + moveMilliseconds(lab))];

/** curl and apt have timeouts of their own: a download of a private machine resumes at most this long after the NAT gateway has moved. */
const EGRESS_MILLISECONDS = 11_900;
const egressWithin = (lab: Lab): Measured => egressOutageAtMost(EGRESS_MILLISECONDS + aliasMilliseconds(lab));

/** One load balancer has a fault, clients are still served, it recovers, and the address stays where it is then. */
function oneSuffers(
  scenario: Omit<Scenario, 'story' | 'checkers' | 'targets'>,
  fault: (stage: Stage, active: string, passive: string) => Fault,
  { holdMilliseconds, outageMilliseconds }: { holdMilliseconds: number; outageMilliseconds: number },
): Scenario {
  return {
    ...scenario,
    targets: within(outageMilliseconds),
    checkers: PAIR,
    async story(stage: Stage): Promise<void> {
      const injected = await stage.inject(
        fault(stage, await stage.topology.activeLoadBalancer(), await stage.topology.passiveLoadBalancer()),
      );
      // Long enough for the addresses to move, if they do
      await stage.pause(holdMilliseconds === 0 ? 0 : holdMilliseconds + moveMilliseconds(stage.lab));
      await stage.serving();
      await stage.recover(injected);
      await stage.healthy();
    },
  };
}

const processKilled = (service: 'haproxy' | 'keepalived', fault: number): Scenario =>
  oneSuffers(
    {
      name: `lb-${service}-killed`,
      fault,
      title: `${service} on the active load balancer is killed`,
      explanation: `Every process of ${service} gets SIGKILL. Either it is back at once or the other load balancer takes over.`,
    },
    ({ lab }, active) => kill(lab, active, UNITS[service]),
    { holdMilliseconds: 4000, outageMilliseconds: 2500 },
  );

export const loadBalancerScenarios: readonly Scenario[] = [
  processKilled('haproxy', 1),
  oneSuffers(
    {
      name: 'lb-haproxy-frozen',
      fault: 2,
      title: 'haproxy on the active load balancer freezes',
      explanation:
        'Every process of haproxy gets SIGSTOP: the kernel accepts connections, and no process answers. The other load balancer takes over.',
    },
    ({ lab }, active) => freeze(lab, active, UNITS.haproxy),
    { holdMilliseconds: 6000, outageMilliseconds: 2500 },
  ),
  processKilled('keepalived', 3),
  {
    name: 'lb-power-off',
    fault: 4,
    title: 'The active load balancer loses power',
    explanation:
      'The machine that holds the floating IP is off from one moment to the next. The other takes the address, and keeps it when the first returns.',
    async story(stage: Stage): Promise<void> {
      stage.askOutsideFrom(stage.random.pick(await stage.topology.names('app')));
      await stage.pause(1500);
      const fault = await stage.inject(powerOff(stage.lab, await stage.topology.activeLoadBalancer()));
      await stage.serving();
      await stage.pause(3000);
      await stage.recover(fault);
      await stage.healthy();
    },
    targets: (lab) => [...within(1200)(lab), egressWithin(lab)],
    checkers: PAIR,
  },
  oneSuffers(
    {
      name: 'lb-clean-stop',
      fault: 5,
      title: 'The active load balancer is shut down',
      explanation: 'An orderly shutdown of the machine that holds the floating IP. It hands over before it goes.',
    },
    ({ lab }, active) => cleanStop(lab, active),
    { holdMilliseconds: 0, outageMilliseconds: 300 },
  ),
  oneSuffers(
    {
      name: 'lb-keepalived-stopped',
      fault: 5,
      title: 'keepalived on the active load balancer is stopped for maintenance',
      explanation: 'keepalived is stopped the way an administrator does it. The address goes to the other load balancer and stays there.',
    },
    ({ lab }, active) => stopUnit(lab, active, UNITS.keepalived),
    { holdMilliseconds: 3000, outageMilliseconds: 300 },
  ),
  oneSuffers(
    {
      name: 'lb-private-link-cut',
      fault: 6,
      title: 'The private link between the two load balancers is cut',
      explanation:
        'Both load balancers are alive and serve, but do not hear each other: both become MASTER. The address must not move back and forth.',
    },
    ({ lab }, active, passive) => cutLink(lab, { machine: active, link: 'private', peer: passive }),
    { holdMilliseconds: 20_000, outageMilliseconds: 1200 },
  ),
  oneSuffers(
    {
      name: 'lb-vrrp-one-way',
      fault: 7,
      title: 'VRRP is lost in one direction',
      explanation: 'The passive load balancer no longer hears the active one, which hears it. The address must not move back and forth.',
    },
    ({ lab }, _active, passive) => loseVrrp(lab, passive),
    { holdMilliseconds: 20_000, outageMilliseconds: 1200 },
  ),
  {
    name: 'lb-both-boot',
    fault: 13,
    title: 'Both load balancers lose power and boot together',
    explanation: 'Both are off for some seconds and return at the same moment. One of them gets the address, once, without a person.',
    async story(stage: Stage): Promise<void> {
      const pair = await stage.topology.names('lb');
      const fault = await stage.inject(allPowerOff(stage.lab, pair));
      await stage.pause(stage.random.between(1000, 4000));
      await stage.recover(fault);
      await stage.serving(90_000);
      await stage.healthy();
    },
    targets: () => [{ figure: 'service after boot', unit: 'ms', max: 90_000, measure: serviceAfterFirstRecovery }],
    checkers: PAIR_AWAY,
  },
  {
    name: 'lb-fifty-reloads',
    fault: 14,
    title: 'haproxy is reloaded fifty times under load',
    explanation: 'The active load balancer reloads its configuration fifty times in a row. No request fails and no connection is reset.',
    async story(stage: Stage): Promise<void> {
      await stage.inject(reloads(stage.lab, await stage.topology.activeLoadBalancer(), UNITS.haproxy));
      await stage.pause(3000);
    },
    targets: () => [nothingFails],
    checkers: UNNOTICED,
  },
  {
    name: 'lb-broken-configuration',
    fault: 15,
    title: 'A broken haproxy.cfg is pushed',
    explanation: 'The push is refused with the message of haproxy, and the running process is left alone.',
    async story(stage: Stage): Promise<void> {
      const machine = await stage.topology.activeLoadBalancer();
      const fault = await stage.inject(
        brokenConfiguration(stage.lab, { machine, role: 'load-balancer', file: '/etc/haproxy/haproxy.cfg', unit: UNITS.haproxy }),
      );
      await stage.pause(2000);
      await stage.recover(fault);
    },
    targets: () => [nothingFails],
    checkers: [
      noAcknowledgedWriteLost,
      noDoubleExecution,
      addressMovedAtMost(0),
      noFailedRequest('probe', 'keep-alive', 'get', 'write', 'read'),
    ],
  },
  {
    name: 'lb-certificate-change',
    title: 'The certificate is changed fifty times under load',
    explanation:
      'The active load balancer gets another certificate for the same name fifty times, as by a deploy. Half a certificate before these is refused. No request fails and no connection is reset.',
    async story(stage: Stage): Promise<void> {
      const fault = await stage.inject(certificateChanges(stage.lab, await stage.topology.activeLoadBalancer()));
      await stage.recover(fault);
      await stage.pause(3000);
    },
    targets: () => [nothingFails],
    checkers: UNNOTICED,
  },
  {
    name: 'lb-certificate-expired',
    fault: 47,
    title: 'The certificate of the active load balancer expires',
    explanation:
      'The certificate was not renewed. Browsers warn, but the load balancer still serves, and its agent says when the certificate ended.',
    async story(stage: Stage): Promise<void> {
      const { lab } = stage;
      const active = await stage.topology.activeLoadBalancer();
      const fault = await stage.inject(certificateExpires(lab, active));
      const told = async () => Date.parse(String((await certificateOf(lab, active))?.endsAt)) < Date.now();
      await stage.until(`the agent of ${active} tells that the certificate has ended`, told, 10_000);
      await stage.pause(5000);
      await stage.recover(fault);
    },
    targets: () => [nothingFails],
    checkers: UNNOTICED,
  },
  {
    name: 'lb-apt-download',
    title: 'The active load balancer loses power while a private machine downloads',
    explanation:
      'apt on an app server fetches a large package through the NAT gateway. The download goes on through the other load balancer, with the timeouts and retries of apt.',
    async story(stage: Stage): Promise<void> {
      const machine = stage.random.pick(await stage.topology.names('app'));
      const download = stage.downloadByAptOn(machine);
      await stage.until('the download is under way', async () => (await download.bytes()) > 1_000_000);
      const fault = await stage.inject(powerOff(stage.lab, await stage.topology.activeLoadBalancer()));
      await download.finished;
      stage.mark('note', 'the download is complete');
      await onMachine(stage.lab, machine, 'apt-get -qq -o APT::Update::Error-Mode=any update', 60);
      await stage.recover(fault);
      await stage.healthy();
    },
    targets: (lab) => [...within(1200)(lab), egressWithin(lab)],
    checkers: PAIR,
  },
  oneSuffers(
    {
      name: 'lb-switchover',
      title: 'A planned switchover of the load balancers',
      explanation:
        'An operator asks the active load balancer to hand over before maintenance. The address goes to the other one and stays there.',
    },
    ({ lab }, active) => handOver(lab, active),
    { holdMilliseconds: 2000, outageMilliseconds: 300 },
  ),
];
