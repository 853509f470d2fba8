import { z } from 'zod';
import { isAddressForTokens } from '../../lib/net/checks';

/** What the project may still ask; Hetzner counts for all its tokens together and refills little by little. */
export interface RateLimit {
  /** Requests an hour. */
  readonly limit: number;
  readonly remaining: number;
  /** When all of them are there again. */
  readonly fullAt: Date;
}

/** An answer of the API that is not a success. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** No answer at all, or not one of Hetzner's API. */
export class ApiAway extends Error {
  override readonly name = 'ApiAway';
}

const errorSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) });
const metaSchema = z.object({ meta: z.object({ pagination: z.object({ next_page: z.number().nullish() }) }).optional() });

/** At Hetzner an answer takes up to some seconds, from afar. */
const TIMEOUT_MILLISECONDS = 20_000;
/** Hetzner's maximum. */
const PER_PAGE = 50;

/**
 * The API that a deploy would use.
 * @param token of the project. @default the deploy's own
 * @returns undefined without a token
 */
export function apiOf(env: NodeJS.ProcessEnv, token = env['TF_VAR_hcloud_token']): HetznerApi | undefined {
  return token ? new HetznerApi(env['TF_VAR_hcloud_endpoint'] ?? 'https://api.hetzner.cloud/v1', token) : undefined;
}

/** Hetzner's Cloud API. */
export class HetznerApi {
  /** As the last answer told it. */
  rateLimit: RateLimit | null = null;

  constructor(
    readonly endpoint: string,
    private readonly token: string,
  ) {}

  /** All pages of a list. `key` is the plural in the answer. */
  async list<T extends z.ZodType>(key: string, item: T, query: Readonly<Record<string, string>> = {}): Promise<z.output<T>[]> {
    const schema = z.object({ [key]: z.array(item) });
    const items: z.output<T>[] = [];
    for (let page: number | null | undefined = 1; page;) {
      const body = await this.request(
        'GET',
        `/${key}?${new URLSearchParams({ ...query, page: String(page), per_page: String(PER_PAGE) }).toString()}`,
      );
      items.push(...(parsed(schema, body)[key] ?? []));
      page = parsed(metaSchema, body).meta?.pagination.next_page;
    }
    return items;
  }

  async get<T extends z.ZodType>(path: string, schema: T): Promise<z.output<T>> {
    return parsed(schema, await this.request('GET', path));
  }

  /** @throws ApiRefusal, ApiAway: then whether it was done is not known */
  async post<T extends z.ZodType>(path: string, schema: T, body?: object): Promise<z.output<T>> {
    return parsed(schema, await this.request('POST', path, body));
  }

  /**
   * Asks for an SSH key without a name and without a key. There can be no such key, so it is refused in any case: a token that may
   * write for what is missing, one that may only read for being one.
   * @returns null where the refusal is neither of these
   * @throws ApiRefusal for a token that is none, and when the API is out of order or asked too often; ApiAway
   */
  async mayWrite(): Promise<boolean | null> {
    try {
      await this.request('POST', '/ssh_keys', {});
    } catch (error) {
      if (!(error instanceof ApiRefusal)) throw error;
      if (error.code === 'token_readonly') return false;
      if (error.code === 'invalid_input' || error.code === 'json_error') return true;
      if (error.code === 'unauthorized' || error.code === 'rate_limit_exceeded' || error.status >= 500) throw error;
    }
    return null;
  }

  /** @throws ApiRefusal, ApiAway */
  private async request(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
    if (!isAddressForTokens(this.endpoint)) throw new ApiAway('not asked: hcloud_endpoint is not an https URL, and a token would go there');
    const answer = await fetch(`${this.endpoint.replace(/\/$/, '')}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        accept: 'application/json',
        'user-agent': 'scale-up-platform',
        ...(body && { 'content-type': 'application/json' }),
      },
      body: body ? JSON.stringify(body) : null,
      signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
    }).catch((error: unknown) => {
      throw new ApiAway(reason(error), { cause: error });
    });
    this.rateLimit = rateLimitOf(answer.headers) ?? this.rateLimit;
    const json: unknown = await answer.json().catch(() => undefined);
    if (answer.ok) return json;
    const { success, data } = errorSchema.safeParse(json);
    throw success
      ? new ApiRefusal(answer.status, data.error.code, data.error.message)
      : new ApiAway(`status ${answer.status} without an error of Hetzner's API`);
  }
}

function parsed<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new ApiAway(`an answer that is not one of Hetzner's API: ${z.prettifyError(result.error)}`);
}

/** fetch says "fetch failed", and the cause says why. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || String((error.cause as NodeJS.ErrnoException).code) : error.message;
}

function rateLimitOf(headers: Headers): RateLimit | null {
  const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((name) => headers.get(`ratelimit-${name}`));
  if (!limit || !remaining || !reset) return null;
  return { limit: Number(limit), remaining: Number(remaining), fullAt: new Date(Number(reset) * 1000) };
}
