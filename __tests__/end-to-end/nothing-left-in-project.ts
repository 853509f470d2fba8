import { openLab } from '../../lab/lab';
import { callSocket } from '../../lab/machines/call-socket';

/** Fails unless the emulated project and the Cloudflare account are empty, and nobody asked them anything that they do not know. */
const lab = await openLab();
const leftIn = async (path: string, neverGoes: readonly string[]): Promise<object> => {
  const objects = (await callSocket(lab.paths.controlSocket, 'GET', path)) as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(objects).filter(([name, value]) => Array.isArray(value) && value.some(remains) && !neverGoes.includes(name)),
  );
};
/** A revoked certificate is kept for those who ask what became of it. */
const remains = (object: object): boolean => !('revoked_at' in Object(object));

const left = {
  ...(await leftIn('/world', ['actions', 'primary_ips'])),
  ...(await leftIn('/cloudflare/world', ['zones', 'origin_pull_hostnames'])),
};
if (Object.keys(left).length > 0) {
  console.error(`left in the emulated project or the Cloudflare account: ${JSON.stringify(left, null, 2)}`);
  process.exitCode = 1;
}
