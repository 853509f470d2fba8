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
import type { Project } from './project';

const timingsSchema = z.record(z.string(), z.number().min(0));
const rateLimitSchema = z.strictObject({ perHour: z.number().int().positive().optional(), remaining: z.number().int().min(0).optional() });

export function buildControl(
  project: Project,
  parts: ControlParts & { readonly rateLimit: RateLimit; readonly answers: AnswerTimes },
): Hono {
  const { answers, rateLimit } = parts;
  const control = sharedControl(parts);

  control.get('/timings', (context) => context.json(project.actions.timings));
  control.put('/timings', async (context) => {
    project.actions.timings = { ...project.actions.timings, ...(await parse(context, timingsSchema)) };
    return context.json(project.actions.timings);
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

  // The path keeps its older name: commands have to reach labs that an earlier commit has started
  control.get('/world', async (context) => {
    await refreshStatus(project, project.servers.all());
    return context.json(dump(project));
  });
  return control;
}

/** All resources as the API shows them, and the recorded errors. */
function dump(project: Project): object {
  return {
    servers: project.servers.all().map((server) => renderServer(project, server)),
    networks: project.networks.all().map((network) => renderNetwork(project, network)),
    floating_ips: project.floatingIps.all().map(renderFloatingIp),
    primary_ips: project.primaryIps.all().map(renderPrimaryIp),
    firewalls: project.firewalls.all().map((firewall) => renderFirewall(project, firewall)),
    placement_groups: project.placementGroups.all().map((group) => renderPlacementGroup(project, group)),
    ssh_keys: project.sshKeys.all().map(renderSshKey),
    volumes: project.volumes.all().map(renderVolume),
    actions: project.actions.all().map((action) => renderAction(project, action)),
    unexpectedRequests: project.unexpectedRequests,
    failures: project.failures,
  };
}
