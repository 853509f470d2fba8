import type { Action, ResourceType } from './actions';
import { ApiError, notFound } from './errors';
import { list } from './lists';
import { get, ok } from './requests';
import type { Call, Reply, Route } from './requests';
import { isoTime } from './project';
import type { Project } from './project';

const KINDS: readonly [plural: string, type: ResourceType][] = [
  ['servers', 'server'],
  ['networks', 'network'],
  ['floating_ips', 'floating_ip'],
  ['primary_ips', 'primary_ip'],
  ['volumes', 'volume'],
  ['firewalls', 'firewall'],
  ['images', 'image'],
];

export const routes: readonly Route[] = [
  get('/v1/actions', ['id', 'status'], listById),
  get('/v1/actions/:id', [], ({ project, id }) => one(project, project.actions.find(id), id)),
  ...KINDS.flatMap(([plural, type]) => [
    get(`/v1/${plural}/actions`, ['status'], (call) => listSome(call, (action) => action.concerns(type))),
    get(`/v1/${plural}/actions/:id`, [], ({ project, id }) => {
      const action = project.actions.find(id);
      return one(project, action?.concerns(type) ? action : undefined, id);
    }),
    get(`/v1/${plural}/:id/actions`, ['status'], (call) => listSome(call, (action) => action.concerns(type, call.id))),
    get(`/v1/${plural}/:id/actions/:actionId`, [], ({ project, id, actionId }) => {
      const action = project.actions.find(actionId);
      return one(project, action?.concerns(type, id) ? action : undefined, actionId);
    }),
  ]),
];

function one(project: Project, action: Action | undefined, id: number): Reply {
  if (!action) throw notFound('action', id);
  return ok({ action: renderAction(project, action) });
}

/** Only by ids: Hetzner has removed the list of all actions of a project. */
function listById(call: Call): Reply {
  const ids = call.query.getAll('id').map(Number);
  if (ids.length === 0) {
    const announcement = 'https://docs.hetzner.cloud/changelog#2023-06-29-deprecation-of-get-v1actions';
    throw new ApiError(410, 'deprecated_api_endpoint', 'listing actions without ids is no longer supported', { announcement });
  }
  return listSome(call, (action) => ids.includes(action.id));
}

function listSome(call: Call, wanted: (action: Action) => boolean): Reply {
  return list(call, 'actions', call.project.actions.all().filter(wanted), {
    render: (action) => renderAction(call.project, action),
    filters: { status: (action) => action.status },
    sortable: {
      command: (action) => action.command,
      status: (action) => action.status,
      progress: (action) => call.project.actions.progress(action),
      started: (action) => action.started,
      finished: (action) => action.finished ?? 0,
    },
  });
}

export function renderAction(project: Project, action: Action): object {
  return {
    id: action.id,
    command: action.command,
    status: action.status,
    progress: project.actions.progress(action),
    started: isoTime(action.started),
    finished: action.finished === null ? null : isoTime(action.finished),
    resources: action.resources.map(([type, id]) => ({ id, type })),
    error: action.error === null ? null : { code: 'action_failed', message: action.error },
  };
}
