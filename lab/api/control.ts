/** The emulator's own control path. People and tests use it; machines cannot reach it. */
import { Hono } from 'hono';
import type { Context } from 'hono';
import { z } from 'zod';
import { renderAction } from './action-routes';
import type { Fault, Faults } from './faults';
import { faultSchema } from './faults';
import { renderFirewall } from './firewalls';
import { renderFloatingIp } from './floating-ips';
import { renderNetwork } from './networks';
import { renderPlacementGroup } from './placement-groups';
import { renderPrimaryIp } from './primary-ips';
import type { RateLimit } from './rate-limit';
import type { RequestLog } from './request-log';
import { refreshStatus } from './server-status';
import { renderServer } from './server-view';
import { renderSshKey } from './ssh-keys';
import { tokenSchema, type Tokens } from './tokens';
import { renderVolume } from './volumes';
import type { World } from './world';

const timingsSchema = z.record(z.string(), z.number().min(0));
const rateLimitSchema = z.strictObject({ perHour: z.number().int().positive().optional(), remaining: z.number().int().min(0).optional() });

export function buildControl(world: World, parts: { faults: Faults; rateLimit: RateLimit; log: RequestLog; tokens: Tokens }): Hono {
  const { faults, rateLimit, log, tokens } = parts;
  const control = new Hono();

  control.get('/faults', (context) => context.json({ faults: faults.all().map(renderFault) }));
  control.post('/faults', async (context) => {
    const order = await parse(context, faultSchema);
    return context.json({ id: faults.add(order).id }, 201);
  });
  control.delete('/faults', (context) => {
    faults.clear();
    return context.body(null, 204);
  });
  control.delete('/faults/:id', (context) => {
    const id = context.req.param('id');
    return faults.remove(id) ? context.body(null, 204) : context.json({ error: `no fault '${id}'` }, 404);
  });

  control.get('/tokens', (context) => context.json({ tokens: tokens.list() }));
  control.put('/tokens/:name', async (context) => {
    tokens.set(context.req.param('name'), await parse(context, tokenSchema));
    return context.body(null, 204);
  });
  control.delete('/tokens/:name', (context) => {
    const name = context.req.param('name');
    return tokens.revoke(name) ? context.body(null, 204) : context.json({ error: `no token '${name}'` }, 404);
  });

  control.get('/timings', (context) => context.json(world.actions.timings));
  control.put('/timings', async (context) => {
    world.actions.timings = { ...world.actions.timings, ...(await parse(context, timingsSchema)) };
    return context.json(world.actions.timings);
  });
  control.get('/rate-limit', (context) => context.json(rateLimit.headers()));
  control.put('/rate-limit', async (context) => {
    rateLimit.set(await parse(context, rateLimitSchema));
    return context.json(rateLimit.headers());
  });

  control.get('/world', async (context) => {
    await refreshStatus(world, world.servers.all());
    return context.json(dump(world));
  });
  control.get('/requests', (context) => context.json({ requests: log.after(Number(context.req.query('after') ?? 0)) }));

  control.notFound((context) => context.json({ error: `the control path does not know ${context.req.method} ${context.req.path}` }, 404));
  control.onError((error, context) =>
    context.json({ error: error.message }, error instanceof z.ZodError || error instanceof SyntaxError ? 422 : 500),
  );
  return control;
}

const parse = async <S extends z.ZodType>(context: Context, schema: S): Promise<z.output<S>> => schema.parse(await context.req.json());

const renderFault = ({ id, match, effect, remaining, hits }: Fault): object => ({ id, match, effect, remaining, hits });

/** All resources as the API shows them, and what went wrong. */
function dump(world: World): object {
  return {
    servers: world.servers.all().map((server) => renderServer(world, server)),
    networks: world.networks.all().map((network) => renderNetwork(world, network)),
    floating_ips: world.floatingIps.all().map(renderFloatingIp),
    primary_ips: world.primaryIps.all().map(renderPrimaryIp),
    firewalls: world.firewalls.all().map((firewall) => renderFirewall(world, firewall)),
    placement_groups: world.placementGroups.all().map((group) => renderPlacementGroup(world, group)),
    ssh_keys: world.sshKeys.all().map(renderSshKey),
    volumes: world.volumes.all().map(renderVolume),
    actions: world.actions.all().map((action) => renderAction(world, action)),
    unexpectedRequests: world.unexpectedRequests,
    failures: world.failures,
  };
}
