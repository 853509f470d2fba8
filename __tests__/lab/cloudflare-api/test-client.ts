import { createCloudflareApi, type CloudflareApi } from '../../../lab/cloudflare-api';
import { ManualClock } from '../api/manual-clock';

export const TOKEN = 'cloudflare-token-for-tests-40-characters';

interface ErrorBody {
  readonly code: number;
  readonly message: string;
  readonly error_chain?: readonly { readonly code: number; readonly message: string }[];
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: { readonly result?: unknown; readonly errors?: readonly ErrorBody[] };
}

/** A client of an emulated account with one zone, without a socket between them. */
export class TestClient {
  readonly clock = new ManualClock();
  readonly api: CloudflareApi = createCloudflareApi({ token: TOKEN, zones: ['example.com'], clock: this.clock });
  readonly zoneId = [...this.api.account.zones.keys()][0]!;

  get = (path: string): Promise<Answer> => this.request('GET', path);
  post = (path: string, body: unknown): Promise<Answer> => this.request('POST', path, body);

  async request(method: string, path: string, body?: unknown, authorization: string | null = `Bearer ${TOKEN}`): Promise<Answer> {
    const headers = { 'content-type': 'application/json', ...(authorization === null ? {} : { authorization }) };
    const env = { incoming: { socket: { remoteAddress: '192.0.2.10', once: () => undefined } } };
    const response = await this.api.app.request(
      `/client/v4${path}`,
      { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) },
      env,
    );
    const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false;
    return { status: response.status, headers: response.headers, body: (isJson ? await response.json() : {}) as Answer['body'] };
  }

  async fault(order: object): Promise<void> {
    const response = await this.api.control.request('/faults', { method: 'POST', body: JSON.stringify(order) });
    if (response.status !== 201) throw new Error(await response.text());
  }

  record(given: object = {}): Promise<Answer> {
    return this.post(`/zones/${this.zoneId}/dns_records`, {
      name: 'a.example.com',
      type: 'A',
      content: '192.0.2.1',
      ttl: 300,
      proxied: false,
      ...given,
    });
  }
}

/** The fields of one object in the answer. */
export const resultOf = ({ body }: Answer): Readonly<Record<string, unknown>> => body.result as Readonly<Record<string, unknown>>;

/** Code and message of a refusal, with its status and what lies behind it. */
export function refusal({ status, body }: Answer): string {
  const error = body.errors![0]!;
  const [cause] = error.error_chain ?? [];
  return `${status} ${error.code}: ${error.message}${cause === undefined ? '' : ` (${cause.code}: ${cause.message})`}`;
}
