import { z } from 'zod';
import { renderAction } from './action-routes';
import type { Action, ResourceRef } from './actions';
import { ApiError, invalidInput, refused } from './errors';
import { checkRules, ruleSchema } from './firewall-rules';
import { affectedServers, effectiveFirewalls, hasPublicInterface, serversOf } from './firewall-targets';
import { parseSelector } from './labels';
import type { Firewall, FirewallTarget } from './models';
import { created, idSchema, post } from './requests';
import type { Call, Reply, Route } from './requests';
import type { Project } from './project';

const MOST_FIREWALLS_A_SERVER = 5;

const serverTarget = z.strictObject({ type: z.literal('server'), server: z.strictObject({ id: idSchema }) });
const selectorTarget = z.strictObject({
  type: z.literal('label_selector'),
  label_selector: z.strictObject({ selector: z.string() }),
  // read-only, but the provider sends back what an answer contained
  applied_to_resources: z.array(z.looseObject({})).optional(),
});
export const targetSchema = z.discriminatedUnion('type', [serverTarget, selectorTarget]);
type WireTarget = z.output<typeof targetSchema>;

const path = (action: string): string => `/v1/firewalls/:id/actions/${action}`;

export const routes: readonly Route[] = [
  post(path('set_rules'), z.strictObject({ rules: z.array(ruleSchema) }), setRules),
  // Both lists may be empty: an update of hcloud_firewall_attachment always sends both.
  post(path('apply_to_resources'), z.strictObject({ apply_to: z.array(targetSchema) }), (call) => {
    const firewall = call.project.firewalls.get(call.id);
    const targets = checkTargets(call.project, firewall, call.body.apply_to, 404);
    return answer(
      call,
      targets.flatMap((target) => applyTo(call, firewall, target)),
    );
  }),
  post(path('remove_from_resources'), z.strictObject({ remove_from: z.array(targetSchema) }), (call) => {
    const firewall = call.project.firewalls.get(call.id);
    const targets = call.body.remove_from.map((target) => appliedTarget(call.project, firewall, target));
    return answer(
      call,
      targets.flatMap((target) => removeFrom(call, firewall, target)),
    );
  }),
];

const answer = (call: Call<unknown>, actions: readonly Action[]): Reply =>
  created({ actions: actions.map((action) => renderAction(call.project, action)) });

/** Replaces all rules. Answers with an action for the firewall and one for each server that it filters. */
function setRules(call: Call<{ rules: z.output<typeof ruleSchema>[] }>): Reply {
  const firewall = call.project.firewalls.get(call.id);
  const rules = checkRules(call.body.rules);
  const set = call.start({
    command: 'set_firewall_rules',
    resources: [['firewall', firewall.id]],
    effect: () => (firewall.rules = rules),
    changesNetwork: true,
  });
  const applies = affectedServers(call.project, firewall).map((server) =>
    call.start({ command: 'apply_firewall', resources: refs(firewall, server.id), after: set }),
  );
  return answer(call, [set, ...applies]);
}

const refs = (firewall: Firewall, serverId: number): ResourceRef[] => [
  ['firewall', firewall.id],
  ['server', serverId],
];

/** @param missingStatus Hetzner answers a missing server with 422 on create, and 404 on the actions */
export function checkTargets(
  project: Project,
  firewall: Firewall | null,
  wanted: readonly WireTarget[],
  missingStatus: 404 | 422,
): FirewallTarget[] {
  const targets = wanted.map(fromWire);
  for (const [index, target] of targets.entries()) {
    if (targets.slice(0, index).some((other) => isSame(other, target))) throw refused('server_already_added', 'resource is named twice');
    if (firewall?.appliedTo.some((other) => isSame(other, target)))
      throw refused('firewall_already_applied', 'firewall is already applied');
    if (target.type === 'label_selector') parseSelector(target.selector, 'apply_to');
    else checkServerTarget(project, target.serverId, missingStatus);
  }
  return targets;
}

function checkServerTarget(project: Project, serverId: number, missingStatus: 404 | 422): void {
  const server = project.servers.find(serverId);
  if (!server) throw new ApiError(missingStatus, 'firewall_resource_not_found', `server with ID '${serverId}' not found`);
  if (!hasPublicInterface(project, server)) throw refused('private_net_only_server', 'server has no public interface');
  if (effectiveFirewalls(project, server).length >= MOST_FIREWALLS_A_SERVER) {
    throw invalidInput('apply_to', `server has ${MOST_FIREWALLS_A_SERVER} firewalls already`);
  }
}

/** Finds the targets that the client wants to remove. */
function appliedTarget(project: Project, firewall: Firewall, wanted: WireTarget): FirewallTarget {
  const target = fromWire(wanted);
  const applied = firewall.appliedTo.find((other) => isSame(other, target));
  if (applied) return applied;
  if (target.type === 'server' && affectedServers(project, firewall).some((server) => server.id === target.serverId)) {
    throw refused('firewall_managed_by_label_selector', 'firewall is applied via a label selector and cannot be removed manually');
  }
  throw new ApiError(404, 'firewall_resource_not_found', 'firewall is not applied to this resource');
}

/** One action for each server concerned, or one for the firewall if there is none. */
export function applyTo(call: Call<unknown>, firewall: Firewall, target: FirewallTarget): readonly Action[] {
  const add = (): void => {
    if (target.type === 'server' && !call.project.servers.find(target.serverId)) return;
    if (!firewall.appliedTo.some((other) => isSame(other, target))) firewall.appliedTo = [...firewall.appliedTo, target];
  };
  return eachServer(call, 'apply_firewall', firewall, target, add);
}

function removeFrom(call: Call<unknown>, firewall: Firewall, target: FirewallTarget): readonly Action[] {
  const remove = (): void => {
    firewall.appliedTo = firewall.appliedTo.filter((other) => other !== target);
  };
  return eachServer(call, 'remove_firewall', firewall, target, remove);
}

function eachServer(
  call: Call<unknown>,
  command: string,
  firewall: Firewall,
  target: FirewallTarget,
  effect: () => void,
): readonly Action[] {
  const servers = serversOf(call.project, target);
  const resources: ResourceRef[][] = servers.length === 0 ? [[['firewall', firewall.id]]] : servers.map(({ id }) => refs(firewall, id));
  return resources.map((each) => call.start({ command, resources: each, effect, changesNetwork: true }));
}

const fromWire = (target: WireTarget): FirewallTarget =>
  target.type === 'server'
    ? { type: 'server', serverId: target.server.id }
    : { type: 'label_selector', selector: target.label_selector.selector };

const isSame = (one: FirewallTarget, other: FirewallTarget): boolean =>
  one.type === 'server'
    ? other.type === 'server' && one.serverId === other.serverId
    : other.type === 'label_selector' && one.selector === other.selector;

/** The object that `type` names must be there: without it provider and CLI crash. */
export function renderTarget(project: Project, target: FirewallTarget): object {
  if (target.type === 'server') return { type: 'server', server: { id: target.serverId } };
  return {
    type: 'label_selector',
    label_selector: { selector: target.selector },
    applied_to_resources: serversOf(project, target).map(({ id }) => ({ type: 'server', server: { id } })),
  };
}
