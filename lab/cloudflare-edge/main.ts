/** The emulated Cloudflare's edge, in a namespace of its own. Started by `lab up`. */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { EdgeView } from '../cloudflare-api/edge-view';
import { callSocket } from '../machines/call-socket';
import { labPaths } from '../machines/paths';
import { EDGE } from '../machines/topology';
import { createEdge } from './edge';

/** How long a change of DNS or settings may take to get here. */
const VIEW_MILLISECONDS = 500;

const paths = labPaths();
let seen: { readonly until: number; readonly view: Promise<EdgeView> } = { until: 0, view: Promise.reject(new Error('nothing seen yet')) };
seen.view.catch(() => undefined);

function view(): Promise<EdgeView> {
  if (Date.now() >= seen.until)
    seen = { until: Date.now() + VIEW_MILLISECONDS, view: callSocket(paths.controlSocket, 'GET', '/cloudflare/edge') as Promise<EdgeView> };
  return seen.view;
}

const edge = createEdge({ view, localAddress: EDGE.towardsOrigins });
await Promise.all([once(edge.http.listen(80, EDGE.address), 'listening'), once(edge.https.listen(443, EDGE.address), 'listening')]);
// Written last: when this file exists, the edge listens
await writeFile(paths.edgeRoot, edge.root);
process.stdout.write(`${new Date().toISOString()} the edge serves ${EDGE.address}\n`);
