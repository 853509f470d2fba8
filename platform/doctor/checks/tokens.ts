import type { Facts, TokenName } from '../facts';
import { TOKENS } from '../facts';
import { findings, type Finding } from '../finding';

const { fine, warning, wrong } = findings('tokens');

const HOW = "make it in Hetzner's console: project, Security, API tokens, read & write";

/** Both tokens are valid, may write, are two, and of one project. */
export function checkTokens({
  tokens,
  given,
  project,
  seenByFailover,
}: Pick<Facts, 'tokens' | 'given' | 'project' | 'seenByFailover'>): Finding[] {
  return [...TOKENS.flatMap((name) => ofToken(name, tokens[name])), ...areTwo(given), ...ofOneProject({ project, seenByFailover })];
}

function ofToken(name: TokenName, token: Facts['tokens'][TokenName]): Finding[] {
  if (token === null) return [];
  if ('failure' in token)
    return [wrong(`${name}: ${token.failure}`, 'check TF_VAR_hcloud_endpoint, the way to the Internet, and https://status.hetzner.com')];
  const { refusal, mayWrite } = token.answer;
  if (refusal !== undefined) return [wrong(`${name}: Hetzner says "${refusal}"`, `it was revoked, or copied in part: ${HOW}`)];
  if (mayWrite === false) return [wrong(`${name} may only read`, `rights of a token cannot be changed: ${HOW}`)];
  if (mayWrite === null) return [warning(`${name}: whether it may write could not be told`, "look into Hetzner's console")];
  return [fine(`${name} is valid and may write`)];
}

function areTwo({ hcloud_token: one, failover_token: other }: Facts['given']): Finding[] {
  if (!one || one !== other) return [];
  return [
    wrong(
      'hcloud_token and failover_token are the same',
      `with two, each can be revoked alone, the load balancers' at once when one of them was broken into: ${HOW}`,
    ),
  ];
}

/** What hangs on the project could be asked for. */
export function checkProject({ tokens: { hcloud_token: token }, project }: Pick<Facts, 'tokens' | 'project'>): Finding[] {
  // A token that is none has been reported as such
  if ('answer' in project || !token || 'failure' in token || token.answer.refusal !== undefined) return [];
  return [
    findings('project').wrong(`it could not be read: ${project.failure}`, 'run this again; https://status.hetzner.com tells of outages'),
  ];
}

function ofOneProject({ project, seenByFailover }: Pick<Facts, 'project' | 'seenByFailover'>): Finding[] {
  if ('failure' in project || 'failure' in seenByFailover) return [];
  const ids = (items: object) =>
    Object.entries(items).flatMap(([type, list]) => (list as readonly { id: number }[]).map(({ id }) => `${type} ${id}`));
  const [one, other] = [new Set(ids(project.answer.items)), ids(seenByFailover.answer)];
  if (one.size === 0 && other.length === 0) {
    return [
      warning(
        'the project is empty, so that nobody can tell whether both tokens are of it',
        'make sure of it in the console; after the first deploy it can be told',
      ),
    ];
  }
  // One thing in common is enough: meanwhile something may have been made or deleted
  if (other.some((id) => one.has(id))) return [fine('both tokens are of one project')];
  return [
    wrong(
      'failover_token is of another project than hcloud_token: they see nothing in common',
      `without it the floating IP would never move: ${HOW}, both in one project`,
    ),
  ];
}
