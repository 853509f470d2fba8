import { openLab } from '../../lab/lab';
import { callSocket } from '../../lab/machines/call-socket';

/** Fails unless the emulated project is empty, and nobody asked it anything that it does not know. */
const lab = await openLab();
const world = (await callSocket(lab.paths.controlSocket, 'GET', '/world')) as Record<string, unknown>;
const left = Object.entries(world).filter(([, value]) => Array.isArray(value) && value.length > 0);
const kept = left.filter(([name]) => name !== 'actions' && name !== 'primary_ips');
if (kept.length > 0) {
  console.error(`left in the emulated project: ${JSON.stringify(Object.fromEntries(kept), null, 2)}`);
  process.exitCode = 1;
}
