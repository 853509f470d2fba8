import type { Situation } from '../../../agents/mysql-member/decision';
import { NO_MEMORY, type Memory, type MemberState, type Report, type Role, type Sample } from '../../../agents/mysql-member/report';

export const GROUP_NAME = 'aaaaaaaa-0000-8000-a000-000000000000';
export const NAMES = ['db-1', 'db-2', 'db-3'] as const;

/** A member that answers and is in no group. */
export function sample(values: Partial<Sample> = {}): Sample {
  return {
    serverUuid: 'uuid-db-1',
    version: '9.7.4',
    groupName: GROUP_NAME,
    state: 'OFFLINE',
    role: null,
    superReadOnly: true,
    readOnly: true,
    view: null,
    members: [],
    executed: '',
    received: '',
    purged: '',
    changing: false,
    applierQueue: 0,
    ...values,
  };
}

/** A member of the group e1 with these others ONLINE. */
export function online(role: Role, names: readonly string[] = NAMES, values: Partial<Sample> = {}): Sample {
  const writable = role === 'PRIMARY';
  return sample({
    state: 'ONLINE',
    role,
    superReadOnly: !writable,
    readOnly: !writable,
    view: { epoch: 'e1', counter: 3 },
    members: names.map((name) => ({ name, state: 'ONLINE', role: 'SECONDARY' })),
    ...values,
  });
}

export function unreachable(of: Sample, ...names: string[]): Sample {
  const state = (name: string, old: MemberState) => (names.includes(name) ? 'UNREACHABLE' : old);
  return { ...of, members: of.members.map((member) => ({ ...member, state: state(member.name, member.state) })) };
}

export function memory(values: Partial<Memory> = {}): Memory {
  return { ...NO_MEMORY, ...values };
}

/** What a member remembers that was in the group e1, incarnation 1, with all others. */
export const REMEMBERS = memory({
  incarnation: 1,
  promised: 1,
  epoch: 'e1',
  groupName: GROUP_NAME,
  lastMajority: { incarnation: 1, counter: 3, members: NAMES },
});

export function report(name: string, values: Partial<Report> = {}): Report {
  const own = values.sample === undefined ? sample() : values.sample;
  return {
    name,
    configured: NAMES,
    memory: NO_MEMORY,
    busy: null,
    disk: null,
    ...values,
    sample: own && { ...own, serverUuid: own.serverUuid === 'uuid-db-1' ? `uuid-${name}` : own.serverUuid },
  };
}

/** The first report is this member; null stands for an agent that does not answer. */
export function situation(self: Report, peers: readonly (Report | null)[], values: Partial<Situation> = {}): Situation {
  const others = self.configured.filter((name) => name !== self.name);
  return {
    self: { ...self, memory: { ...self.memory, serverUuid: self.memory.serverUuid ?? self.sample?.serverUuid ?? null } },
    peers: new Map(others.map((name) => [name, peers.find((peer) => peer?.name === name) ?? null])),
    joinFailures: 0,
    sinceJoinFailureMs: 0,
    handOverFailed: false,
    configuredGroupName: GROUP_NAME,
    ...values,
  };
}
