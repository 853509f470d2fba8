import { terraformOf } from '../../environment/run';
import type { Environment } from '../../environment/stack';
import { parseState, pullState, type State } from '../../environment/state';
import { ApiAway, ApiRefusal, HetznerApi } from '../../hetzner/api';
import { readItems, readProject, type HetznerProject } from '../../hetzner/project';
import { existing, type Asked, type Facts } from '../facts';
import { asked } from './asked';
import { askCertificate } from './certificate';
import { askCloudflare } from './cloudflare';
import { askNames, type NameResolver } from './names';
import { askPrograms } from './programs';

export interface AskOptions {
  readonly environment: Environment;
  readonly env: NodeJS.ProcessEnv;
  /** The folder that cdktf deploys from. */
  readonly output: string;
  readonly resolver: NameResolver;
}

/** Asks all that the checks judge. Nothing anywhere is changed. */
export async function askFacts({ environment, env, output, resolver }: AskOptions): Promise<Facts> {
  const given = givenVariables(environment, env);
  // Before Terraform's own token: their budget is one, and the last answer tells what is left of it
  const failover = await askToken(given, 'failover_token');
  const hcloud = await askToken(given, 'hcloud_token');
  const names = askNames(environment.cloudflare ? [] : environment.domains, resolver);
  const [state, project, seenByFailover, programs] = await Promise.all([
    asked(async () => parseState(await pullState(environment, output, env))),
    withToken(hcloud, (api) => readProject(api, [...new Set(environment.servers.map(({ image }) => image))])),
    withToken(failover, readItems),
    askPrograms(terraformOf(env)),
  ]);
  return {
    now: new Date(),
    environment,
    given,
    programs,
    state,
    tokens: { hcloud_token: hcloud.facts, failover_token: failover.facts },
    project,
    seenByFailover,
    rateLimit: hcloud.api.rateLimit,
    names: await names,
    certificate: await askShown(environment, state, project),
    cloudflare: environment.cloudflare
      ? await asked(() =>
          askCloudflare(given['cloudflare_base_url'] ?? '', given['cloudflare_token'] ?? '', environment.cloudflare?.zone ?? ''),
        )
      : null,
  };
}

/** Values as Terraform takes them: those of the environment, else the defaults. */
function givenVariables({ variables }: Environment, env: NodeJS.ProcessEnv): Record<string, string | undefined> {
  return Object.fromEntries(variables.map(({ name, default: absent }) => [name, env[`TF_VAR_${name}`] ?? absent]));
}

interface Token {
  readonly api: HetznerApi;
  readonly facts: Facts['tokens']['hcloud_token'];
}

async function askToken(given: Facts['given'], name: 'hcloud_token' | 'failover_token'): Promise<Token> {
  const api = new HetznerApi(given['hcloud_endpoint'] ?? '', given[name] ?? '');
  if (!given[name]) return { api, facts: null };
  try {
    return { api, facts: { answer: { mayWrite: await api.mayWrite() } } };
  } catch (error) {
    const isRefused = error instanceof ApiRefusal && error.code === 'unauthorized';
    return { api, facts: isRefused ? { answer: { refusal: error.message, mayWrite: null } } : { failure: failureOf(error) } };
  }
}

/** Not asked with a token that is none. */
async function withToken<T>({ api, facts }: Token, question: (api: HetznerApi) => Promise<T>): Promise<Asked<T>> {
  if (facts === null) return { failure: 'no token is given' };
  if ('failure' in facts) return facts;
  return facts.answer.refusal === undefined ? asked(() => question(api)) : { failure: facts.answer.refusal };
}

function failureOf(error: unknown): string {
  if (error instanceof ApiRefusal) return `Hetzner says "${error.message}" (${error.code})`;
  if (error instanceof ApiAway) return `the API does not answer: ${error.message}`;
  throw error;
}

/** By way of Cloudflare's proxies where they stand in front: nobody else gets in. */
async function askShown(
  { domains: [domain = ''], cloudflare, floatingIp }: Environment,
  state: Asked<State>,
  project: Asked<HetznerProject>,
): Promise<Facts['certificate']> {
  if ('failure' in state || 'failure' in project) return null;
  const address = existing(floatingIp.address, floatingIp.type, project.answer.items, state.answer)?.ip;
  return address === undefined ? null : asked(() => askCertificate(domain, cloudflare?.proxied ? domain : address));
}
