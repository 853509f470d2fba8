import { Hono } from 'hono';
import type { Context } from 'hono';
import { textOf } from './actions';
import { routes as actions } from './action-routes';
import { ApiError, UnexpectedRequest } from './errors';
import type { Fault } from './faults';
import { routes as firewallActions } from './firewall-actions';
import { routes as firewalls } from './firewalls';
import { routes as floatingIps } from './floating-ips';
import { gate } from './gate';
import type { Gate, Variables } from './gate';
import { routes as images } from './images';
import { routes as locations } from './locations';
import { hetznerManners, type HetznerParts } from './manners';
import { routes as networkActions } from './network-actions';
import { routes as networks } from './networks';
import { routes as placementGroups } from './placement-groups';
import { routes as prices } from './prices';
import { routes as primaryIps } from './primary-ips';
import type { Call, Route } from './requests';
import { routes as serverNetworks } from './server-networks';
import { routes as serverPower } from './server-power';
import { routes as serverSettings } from './server-settings';
import { routes as serverTypes } from './server-types';
import { routes as servers } from './servers';
import { routes as sshKeys } from './ssh-keys';
import { routes as volumeActions } from './volume-actions';
import { routes as volumes } from './volumes';
import type { Project } from './project';

const ROUTES: readonly Route[] = [
  ...actions,
  ...sshKeys,
  ...networks,
  ...networkActions,
  ...placementGroups,
  ...firewalls,
  ...firewallActions,
  ...servers,
  ...serverPower,
  ...serverNetworks,
  ...serverSettings,
  ...floatingIps,
  ...primaryIps,
  ...volumes,
  ...volumeActions,
  ...images,
  ...serverTypes,
  ...locations,
  ...prices,
];

type Ctx = Context<{ Variables: Variables }>;

export function buildApp(project: Project, parts: Omit<Gate, 'manners'> & HetznerParts): Hono {
  const app = new Hono<{ Variables: Variables }>();
  app.use(gate({ ...parts, manners: hetznerManners(parts) }));
  for (const route of ROUTES) {
    // only numbers are ids: anything else is a route that the emulator does not have
    const path = route.path.replace(/:(id|actionId)/g, ':$1{[0-9]+}');
    app.on(route.method, path, (context) => answer(context, project, route));
  }
  app.notFound((context) => answerError(context, project, new UnexpectedRequest(`${context.req.method} ${context.req.path}`)));
  app.onError((error, context) => answerError(context, project, error));
  return app as unknown as Hono;
}

async function answer(context: Ctx, project: Project, route: Route): Promise<Response> {
  const body = context.get('body');
  if (body === undefined) throw new ApiError(400, 'json_error', 'the request body is not valid JSON');
  const call: Call = {
    project,
    method: context.req.method,
    path: context.req.path,
    id: Number(context.req.param('id')),
    actionId: Number(context.req.param('actionId')),
    query: new URL(context.req.url).searchParams,
    body,
    effects: context.get('handledFaults').map(({ effect }) => effect),
    start: (order) => project.actions.start(isDoomed(context.get('handledFaults'), order.command) ? { ...order, doomed: true } : order),
  };
  const reply = await route.handle(call);
  return reply.body === null ? context.body(null, reply.status as 204) : context.json(reply.body, reply.status as 200);
}

const isDoomed = (faults: readonly Fault[], command: string): boolean =>
  faults.some(({ effect }) => effect.kind === 'action-fails' && (effect.command ?? command) === command);

function answerError(context: Ctx, project: Project, error: Error): Response {
  if (error instanceof UnexpectedRequest) project.unexpectedRequests.push(error.what);
  if (error instanceof ApiError) return context.json(error.body(), error.status);
  project.failures.push(`${context.req.method} ${context.req.path}: ${error.stack ?? error.message}`);
  return context.json(new ApiError(500, 'server_error', textOf(error)).body(), 500);
}
