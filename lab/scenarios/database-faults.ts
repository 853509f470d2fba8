import { cutLink, losePackets, diskFull, flappingLink, freeze, kill, clockOff, partition, powerOff, together, wiped } from '../faults';
import { writeGapAtMost } from './figures';
import { ONE_LOST, primaryFails, secondaryFails } from './group';
import type { Scenario } from './scenario';
import { DATA_FOLDER, UNITS } from './units';

export const oneMemberScenarios: readonly Scenario[] = [
  primaryFails(
    {
      name: 'db-primary-killed',
      fault: 23,
      title: 'mysqld on the PRIMARY is killed',
      explanation: 'Another member becomes PRIMARY. Users wait and see no error; nothing acknowledged is lost.',
    },
    ({ lab }, primary) => kill(lab, primary, UNITS.mysql),
  ),
  primaryFails(
    {
      name: 'db-primary-power-off',
      fault: 23,
      title: 'The PRIMARY loses power',
      explanation: 'Another member becomes PRIMARY. Users wait and see no error; nothing acknowledged is lost.',
    },
    ({ lab }, primary) => powerOff(lab, primary),
  ),
  primaryFails(
    {
      name: 'db-primary-frozen',
      fault: 24,
      title: 'mysqld on the PRIMARY freezes for 30 s',
      explanation:
        'mysqld keeps its connections and does not answer. Another member becomes PRIMARY, and the old one accepts no write when it wakes.',
    },
    ({ lab }, primary) => freeze(lab, primary, UNITS.mysql),
    { holdMilliseconds: 20_000 },
  ),
  primaryFails(
    {
      name: 'db-primary-isolated',
      fault: 25,
      title: 'The PRIMARY is cut off from the private network',
      explanation:
        'Another member becomes PRIMARY. A client keeps writing to the old one directly, which accepts no write once it is alone.',
    },
    ({ lab }, primary) => cutLink(lab, { machine: primary, link: 'private' }),
    { holdMilliseconds: 12_000, fenced: true },
  ),
  primaryFails(
    {
      name: 'db-asymmetric-partition',
      fault: 26,
      title: 'The PRIMARY is heard by the other members, but hears none',
      explanation: 'Packets from the PRIMARY arrive, packets to it do not. One side wins, and no acknowledged write is lost.',
    },
    ({ lab }, primary, secondaries) =>
      together(
        `${primary} hears no other member`,
        secondaries.map((peer) => cutLink(lab, { machine: primary, link: 'private', peer, direction: 'in' })),
      ),
    { holdMilliseconds: 12_000 },
  ),
  secondaryFails(
    {
      name: 'db-bridge-partition',
      fault: 27,
      title: 'Two members do not see each other, the third sees both',
      explanation: 'The PRIMARY and one SECONDARY lose the link between them. The group settles on a majority and goes on.',
    },
    ({ lab }, secondary, { primary }) => partition(lab, `${primary} and ${secondary} do not see each other`, [primary], [secondary]),
    { holdMilliseconds: 20_000 },
  ),
  secondaryFails(
    {
      name: 'db-flapping-link',
      fault: 28,
      title: 'The link of a SECONDARY comes and goes',
      explanation: 'Three seconds down, two up, for half a minute. Writes go on.',
    },
    ({ lab }, secondary) => flappingLink(lab, { machine: secondary, link: 'private' }),
    { holdMilliseconds: 30_000 },
  ),
  secondaryFails(
    { name: 'db-secondary-killed', fault: 31, title: 'mysqld on a SECONDARY is killed', explanation: 'Nobody notices.' },
    ({ lab }, secondary) => kill(lab, secondary, UNITS.mysql),
  ),
  primaryFails(
    {
      name: 'db-primary-disk-full',
      fault: 32,
      title: 'The disk of the PRIMARY is full',
      explanation: 'Another member becomes PRIMARY, no data is corrupt, and this one returns once there is space.',
    },
    ({ lab }, primary) => diskFull(lab, primary, DATA_FOLDER),
    { holdMilliseconds: 10_000 },
  ),
  primaryFails(
    {
      name: 'db-primary-disk-full-at-once',
      fault: 32,
      title: 'The disk of the PRIMARY is full from one moment to the next',
      explanation:
        'A commit finds no space, so the role cannot be handed over. mysqld is killed, another member becomes PRIMARY, and this one returns once there is space.',
      targets: () => [writeGapAtMost(20_000)],
    },
    ({ lab }, primary) => diskFull(lab, primary, DATA_FOLDER, { unseenBy: UNITS.memberAgent }),
    { holdMilliseconds: 10_000 },
  ),
  secondaryFails(
    {
      name: 'db-secondary-disk-full',
      fault: 33,
      title: 'The disk of a SECONDARY is full',
      explanation: 'Writes go on, and the member returns once there is space.',
    },
    ({ lab }, secondary) => diskFull(lab, secondary, DATA_FOLDER),
    { holdMilliseconds: 20_000 },
  ),
  secondaryFails(
    {
      name: 'db-packet-loss',
      fault: 34,
      title: '5 % of the packets of all members are lost',
      explanation: 'Slower, but no failover and no error.',
    },
    ({ lab }, secondary, { primary, others }) =>
      together(
        'all members lose 5 % of their packets',
        [primary, secondary, ...others].map((machine) => losePackets(lab, { machine, link: 'private', lossPercent: 5 })),
      ),
    { holdMilliseconds: 30_000 },
  ),
  secondaryFails(
    {
      name: 'db-clock-off',
      fault: 35,
      title: 'The clock of a SECONDARY is five minutes ahead',
      explanation: 'Neither the group nor the routers depend on its clock.',
    },
    ({ lab }, secondary) => clockOff(lab, secondary, UNITS.mysql.replace('.service', ''), '+5m'),
  ),
  secondaryFails(
    {
      name: 'db-wiped',
      fault: 40,
      title: 'The data directory of a SECONDARY is wiped',
      explanation: 'The member comes back as a clone of the others, and no empty database takes over.',
    },
    ({ lab }, secondary) => wiped(lab, secondary, UNITS.mysql, DATA_FOLDER),
    { holdMilliseconds: 5000 },
  ),
  primaryFails(
    {
      name: 'db-agent-frozen',
      fault: 42,
      title: 'The health agent of the PRIMARY hangs',
      explanation: 'Its last answer gets stale: no write may follow an outdated answer, and service returns with the agent at the latest.',
    },
    ({ lab }, primary) => freeze(lab, primary, UNITS.memberAgent),
    { checkers: ONE_LOST },
  ),
];
