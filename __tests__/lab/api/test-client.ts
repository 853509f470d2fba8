import { createApi } from '../../../lab/api';
import type { Api, FaultOrder } from '../../../lab/api';
import { FakeHardware } from './fake-hardware';
import { ManualClock } from './manual-clock';

export const TOKEN = 'x'.repeat(64);
export const PUBLIC_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKvt4XLrmfhX2+Wn/Ex+/iyzJCXiZ2CkqYGhUFplqUaf';

/** JSON as a test reads it: the fields that tests look at, each where the test knows it to be. */
export interface Json {
  readonly id: number;
  readonly name: string;
  readonly status: string;
  readonly ip: string;
  readonly code: string;
  readonly message: string;
  readonly details: object;
  readonly command: string;
  readonly mac_address: string;
  readonly ip_range: string;
  readonly gateway: string;
  readonly labels: object;
  readonly error: Json;
  readonly action: Json;
  readonly server: Json;
  readonly network: Json;
  readonly firewall: Json;
  readonly floating_ip: Json;
  readonly primary_ip: Json;
  readonly placement_group: Json;
  readonly ssh_key: Json;
  readonly volume: Json;
  readonly public_net: Json;
  readonly ipv4: Json;
  readonly meta: Json;
  readonly pagination: object;
  readonly actions: readonly Json[];
  readonly next_actions: readonly Json[];
  readonly servers: readonly Json[];
  readonly primary_ips: readonly Json[];
  readonly ssh_keys: readonly Json[];
  readonly images: readonly Json[];
  readonly server_types: readonly Json[];
  readonly faults: readonly Json[];
  readonly requests: readonly Json[];
  readonly firewalls: readonly Json[];
  readonly floating_ips: readonly number[];
  readonly applied_to: readonly Json[];
  readonly applied_to_resources: readonly Json[];
  readonly subnets: readonly Json[];
  readonly private_net: readonly Json[];
  readonly dns_ptr: object;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

/** A client of an emulated project on a manual clock, without a socket between them. */
export class TestClient {
  readonly hardware = new FakeHardware();
  readonly clock = new ManualClock();
  readonly api: Api = createApi({
    hardware: this.hardware,
    clock: this.clock,
    tokens: { terraform: { value: TOKEN, access: 'read-write' } },
  });

  get = (path: string): Promise<Answer> => this.request('GET', path);
  post = (path: string, body?: unknown): Promise<Answer> => this.request('POST', path, body);
  put = (path: string, body: unknown): Promise<Answer> => this.request('PUT', path, body);
  delete = (path: string): Promise<Answer> => this.request('DELETE', path);

  async request(
    method: string,
    path: string,
    body?: unknown,
    options: { token?: string; from?: string; text?: string } = {},
  ): Promise<Answer> {
    const headers = { authorization: `Bearer ${options.token ?? TOKEN}`, 'content-type': 'application/json' };
    const env = { incoming: { socket: { remoteAddress: options.from ?? '192.0.2.10', once: () => undefined } } };
    const text = options.text ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await this.api.app.request(`/v1${path}`, { method, headers, ...(text === undefined ? {} : { body: text }) }, env);
    const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false;
    return { status: response.status, headers: response.headers, body: (isJson ? await response.json() : {}) as Json };
  }

  /** Lets all running actions end. */
  finish = (): Promise<void> => this.clock.advance(30_000);

  /** Sends the request, lets its action end, and returns how that went. */
  async act(path: string, body?: unknown): Promise<Json> {
    const { status, body: answer } = await this.post(path, body);
    if (status !== 201) throw new Error(`${path}: ${status} ${JSON.stringify(answer)}`);
    await this.finish();
    return (await this.get(`/actions/${((answer.action as Json | undefined) ?? answer.actions[0]!).id}`)).body.action;
  }

  async server(given: object = {}): Promise<Json> {
    const { status, body } = await this.post('/servers', {
      name: 'web-1',
      server_type: 'cx23',
      image: 'debian-13',
      location: 'fsn1',
      ...given,
    });
    if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`);
    await this.finish();
    return (await this.get(`/servers/${body.server.id}`)).body.server;
  }

  async network(subnets: readonly string[] = ['10.0.1.0/24'], given: object = {}): Promise<Json> {
    const parts = subnets.map((ip_range) => ({ type: 'cloud', network_zone: 'eu-central', ip_range }));
    return (await this.post('/networks', { name: 'net', ip_range: '10.0.0.0/16', subnets: parts, ...given })).body.network;
  }

  async floatingIp(given: object = {}): Promise<Json> {
    return (await this.post('/floating_ips', { type: 'ipv4', home_location: 'fsn1', name: 'vip', ...given })).body.floating_ip;
  }

  async fault(order: FaultOrder): Promise<string> {
    const response = await this.control('POST', '/faults', order);
    return String(response.body.id);
  }

  async control(method: string, path: string, body?: unknown): Promise<{ status: number; body: Json }> {
    const response = await this.api.control.request(path, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Json };
  }
}

/** The code and message of a refusal, with its status. */
export const refusal = ({ status, body }: Answer): string => `${status} ${body.error.code}: ${body.error.message}`;
