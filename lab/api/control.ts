/** The emulator's own control path. People and tests use it; machines cannot reach it. */
import type { Hono } from 'hono';
import { z } from 'zod';
import { renderAction } from './action-routes';
import { answerRangeSchema, type AnswerTimes } from './answer-times';
import { renderFirewall } from './firewalls';
import { renderFloatingIp } from './floating-ips';
import { renderNetwork } from './networks';
import { renderPlacementGroup } from './placement-groups';
import { renderPrimaryIp } from './primary-ips';
import type { RateLimit } from './rate-limit';
import { refreshStatus } from './server-status';
import { renderServer } from './server-view';
import { parse, sharedControl, type ControlParts } from './shared-control';
import { renderSshKey } from './ssh-keys';
import { renderVolume } from './volumes';
import type { World } from './world';

const timingsSchema = z.record(z.string(), z.number().min(0));
const rateLimitSchema = z.strictObject({ perHour: z.number().int().positive().optional(), remaining: z.number().int().min(0).optional() });

export function buildControl(world: World, parts: ControlParts & { readonly rateLimit: RateLimit; readonly answers: AnswerTimes }): Hono {
  const { answers, rateLimit } = parts;
  const control = sharedControl(parts);

  control.get('/timings', (context) => context.json(world.actions.timings));
  control.put('/timings', async (context) => {
    world.actions.timings = { ...world.actions.timings, ...(await parse(context, timingsSchema)) };
    return context.json(world.actions.timings);
  });
  control.get('/answer-times', (context) => context.json(answers.range));
  control.put('/answer-times', async (context) => {
    answers.range = await parse(context, answerRangeSchema);
    return context.json(answers.range);
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
  return control;
}

/** All resources as the API shows them, and the recorded errors. */
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
