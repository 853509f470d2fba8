import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readIfThere, replaceFile } from '../common/files';
import { listen } from '../common/http-server';
import { Agent, type World } from './agent';
import { shownCertificate } from './certificate';
import { loadConfig, type Config } from './config';
import { HetznerApi } from './hetzner-api';
import { ownHaproxyAnswers, peerAnswers, peerReport, readVrrpState } from './probes';
import { controlServer, statusServer } from './server';

const TICK_MS = 25;
/** Longest wait, when the host shuts down, for the peer to be MASTER. */
const ROLE_LIMIT_MS = 4_000;
/** The same for both addresses to have left this host, at 20 s an action; HAProxy goes on serving meanwhile. See TimeoutStopSec of the unit. */
const HANDOVER_LIMIT_MS = 75_000;

const now = () => performance.now();

/** One line of JSON; the journal adds time and host. */
function log(line: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function worldOf(config: Config): World {
  const api = new HetznerApi(config);
  const file = (name: string) => join(config.runtimeFolder, name);
  const publicUrl = `https://${config.peerPublicAddress}:${config.httpsPort}${config.peerHealthPath}`;
  return {
    now,
    vrrpState: () => readVrrpState(config.natGateway),
    ownHaproxyAnswers: () => ownHaproxyAnswers(config.haproxyHealthUrl),
    peerAnswersPublicly: () => peerAnswers(publicUrl),
    askPeer: () => peerReport(`http://${config.peerPrivateAddress}:${config.agentPort}/peer`),
    perform: (call) => api.perform(call),
    tellKeepalived: ({ giveUp, holdsFloatingIp }) => {
      writeFileSync(file('give-up'), giveUp ? '1\n' : '0\n');
      writeFileSync(file('holds-floating-ip'), holdsFloatingIp ? '1\n' : '0\n');
    },
    rememberMove: (at) => void replaceFile(file('last-move'), `${Math.round(Date.now() - (now() - at))}\n`),
    log,
  };
}

/** On the monotonic clock of this process; null if there was none since the boot. */
function lastMove(config: Config): number | null {
  const at = Number(readIfThere(join(config.runtimeFolder, 'last-move')) ?? NaN);
  // A clock that was set back must not stop all moves
  return Number.isFinite(at) ? now() - Math.max(0, Date.now() - at) : null;
}

/** keepalived is stopped before this agent, and HAProxy after it: between the two the peer gets the addresses. */
async function handOver(agent: Agent): Promise<void> {
  const begin = now();
  while (now() - begin < HANDOVER_LIMIT_MS && leavesToPeer(agent, now() - begin)) await sleep(20);
  log({ event: 'stopped', vrrp: agent.state.vrrp.state, holds: agent.holdsFloatingIp() });
}

/** Something leads here still, and the peer is about to take it. */
function leavesToPeer(agent: Agent, elapsed: number): boolean {
  const { vrrp, peerPrivate } = agent.state;
  if (vrrp.state === 'MASTER' || peerPrivate.failingSince !== null || !(agent.holdsFloatingIp() || agent.holdsNatGateway())) return false;
  return peerPrivate.report?.vrrp === 'MASTER' || elapsed < ROLE_LIMIT_MS;
}

function main(): void {
  const config = loadConfig('/etc/platform/floating-ip.json');
  const agent = new Agent(config, worldOf(config), lastMove(config));
  const ticks = setInterval(() => agent.tick(), TICK_MS);
  const complain = (message: string) => log({ event: 'http server', message });

  const certificate = () => shownCertificate(config.httpsPort);
  listen(statusServer(agent, config, certificate, now), { host: config.privateAddress, port: config.agentPort }, complain);
  listen(controlServer(agent, config, now), { path: join(config.runtimeFolder, 'control.sock') }, complain);

  process.once('SIGTERM', () => {
    void handOver(agent).finally(() => {
      clearInterval(ticks);
      process.exit(0);
    });
  });
}

main();
