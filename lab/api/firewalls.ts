import { z } from 'zod';
import { renderAction } from './action-routes';
import { refused } from './errors';
import { applyTo, checkTargets, renderTarget, targetSchema } from './firewall-actions';
import { checkRules, ruleSchema } from './firewall-rules';
import { serversOf } from './firewall-targets';
import { checkLabels } from './labels';
import { SELECTABLE, list } from './lists';
import type { Firewall } from './models';
import { created, del, get, labelsSchema, nameSchema, noContent, ok, post, put } from './requests';
import type { Call, Reply, Route } from './requests';
import { rename } from './store';
import type { Project } from './project';

const createSchema = z.strictObject({
  name: nameSchema,
  labels: labelsSchema.default({}),
  rules: z.array(ruleSchema).default([]),
  apply_to: z.array(targetSchema).default([]),
});
const updateSchema = z.strictObject({ name: nameSchema.optional(), labels: labelsSchema.optional() });

export const routes: readonly Route[] = [
  get('/v1/firewalls', SELECTABLE, (call) =>
    list(call, 'firewalls', call.project.firewalls.all(), { render: (firewall) => renderFirewall(call.project, firewall) }),
  ),
  post('/v1/firewalls', createSchema, create),
  get('/v1/firewalls/:id', [], ({ project, id }) => ok({ firewall: renderFirewall(project, project.firewalls.get(id)) })),
  put('/v1/firewalls/:id', updateSchema, ({ project, id, body }) => {
    const firewall = project.firewalls.get(id);
    rename(project.firewalls, firewall, body);
    return ok({ firewall: renderFirewall(project, firewall) });
  }),
  del('/v1/firewalls/:id', ({ project, id }) => {
    if (project.firewalls.get(id).appliedTo.length > 0) throw refused('resource_in_use', 'firewall is in use');
    project.firewalls.remove(id);
    return noContent;
  }),
];

function create(call: Call<z.output<typeof createSchema>>): Reply {
  const { project, body } = call;
  checkLabels(body.labels);
  project.firewalls.checkNameIsFree(body.name);
  const rules = checkRules(body.rules);
  const targets = checkTargets(project, null, body.apply_to, 422);
  const firewall: Firewall = {
    id: project.nextId(),
    name: body.name,
    labels: body.labels,
    created: project.now(),
    rules,
    appliedTo: targets.filter((target) => target.type === 'label_selector'),
  };
  project.firewalls.add(firewall);
  const actions = rules.length === 0 ? [] : [call.start({ command: 'set_firewall_rules', resources: [['firewall', firewall.id]] })];
  for (const target of targets.filter((each) => serversOf(project, each).length > 0)) actions.push(...applyTo(call, firewall, target));
  return created({
    firewall: renderFirewall(project, firewall),
    actions: actions.map((action) => renderAction(project, action)),
  });
}

export function renderFirewall(project: Project, firewall: Firewall): object {
  return {
    id: firewall.id,
    name: firewall.name,
    labels: firewall.labels,
    created: firewall.created,
    rules: firewall.rules.map(({ direction, protocol, port, source_ips, destination_ips, description }) => ({
      direction,
      protocol,
      port,
      source_ips,
      destination_ips,
      description,
    })),
    applied_to: firewall.appliedTo.map((target) => renderTarget(project, target)),
  };
}
