import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureAuthority } from '../names/authority';
import { killLabCgroups, removeCgroups } from './cgroups';
import { callSocket } from './call-socket';
import { ensureImage, type Progress } from './image';
import { unmountBelow } from './mounts';
import { raiseKernelLimits } from './kernel-limits';
import { labObstacle } from './obstacle';
import { publishMysql, removeMysql } from './mysql-repository/repository';
import { makeStateFolders, type LabPaths } from './paths';
import { isAlive, logFile, PROCESSES, startDetached, stopRecorded } from './processes';
import { createRouter, removeNamespaces } from './router';
import { ensureSecrets } from './secrets';
import { RESOLVERS, resolvConf } from './topology';
import { detachAllVolumes } from './volumes';

/**
 * Starts the lab: an empty emulated project, reachable from the client's namespace. Does nothing when it runs; removes
 * first what an interrupted run left.
 * @throws with the remedy, if this machine cannot hold a lab
 */
export async function startLab(paths: LabPaths, progress: Progress): Promise<'started' | 'was running'> {
  if (await answers(paths)) return 'was running';
  const obstacle = labObstacle();
  if (obstacle) throw new Error(`${obstacle}. Without a lab there is: make synth`);
  makeStateFolders(paths);
  await removeRemains(paths);
  makeStateFolders(paths);
  await ensureAuthority(paths.authority);
  const [image] = await Promise.all([ensureImage(paths, progress), publishMysql(paths, progress)]);
  progress('router, emulated API');
  await ensureSecrets(paths);
  await raiseKernelLimits();
  await createRouter(paths);
  await writeFile(paths.clientResolvConf, resolvConf(RESOLVERS));
  await startDetached(paths, 'outside', 'lab/outside.ts');
  await startDetached(paths, 'edge', 'lab/cloudflare-edge/main.ts', { namespace: paths.edgeNamespace });
  await startDetached(paths, 'daemon', 'lab/daemon.ts', { namespace: paths.routerNamespace, args: [image] });
  await untilItAnswers(paths);
  return 'started';
}

/** Removes everything of this lab but logs and fetched packages. Safe to run at any time, and again. */
export async function stopLab(paths: LabPaths): Promise<void> {
  await removeRemains(paths);
  await rm(paths.secrets, { recursive: true, force: true });
}

/** Of this lab's name alone: other labs on the host go on. */
async function removeRemains(paths: LabPaths): Promise<void> {
  for (const name of PROCESSES) await stopRecorded(paths, name);
  await killLabCgroups(paths.name);
  await removeCgroups(paths.name);
  await removeNamespaces(paths);
  await unmountBelow(paths.disks);
  await detachAllVolumes(paths);
  await rm(paths.disks, { recursive: true, force: true });
  await removeMysql(paths);
  for (const gone of [paths.controlSocket, paths.apiSocket, paths.packageSocket, join(paths.state, 'https.sock'), paths.edgeRoot]) {
    await rm(gone, { force: true });
  }
  // What was deployed is gone with the project
  for (const gone of ['terraform.lab.tfstate', 'terraform.lab.tfstate.backup', 'cdktf.out', 'ca.pem', 'port']) {
    await rm(join(paths.state, gone), { recursive: true, force: true });
  }
}

async function answers(paths: LabPaths): Promise<boolean> {
  for (const name of PROCESSES) if (!(await isAlive(paths, name))) return false;
  if (!existsSync(paths.edgeRoot)) return false;
  return callSocket(paths.controlSocket, 'GET', '/machines').then(
    () => true,
    () => false,
  );
}

async function untilItAnswers(paths: LabPaths): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (await answers(paths)) return;
    for (const name of PROCESSES)
      if (!(await isAlive(paths, name))) throw new Error(`the lab's process ${name} has ended; ${logFile(paths, name)} says why`);
    await sleep(100);
  }
  throw new Error(`the lab's daemon does not answer; ${logFile(paths, 'daemon')} says why`);
}
