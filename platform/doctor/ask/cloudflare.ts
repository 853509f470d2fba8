import { z } from 'zod';
import { isAddressForTokens } from '../../../lib/net/checks';
import type { CloudflareFacts } from '../facts';

const TIMEOUT_MILLISECONDS = 20_000;

const failureSchema = z.object({ errors: z.array(z.object({ code: z.number(), message: z.string() })).min(1) });
const zonesSchema = z.object({ result: z.array(z.object({ id: z.string(), permissions: z.array(z.string()).default([]) })) });
const settingSchema = z.object({ result: z.object({ value: z.string() }) });

/** @throws an error in Cloudflare's words */
export async function askCloudflare(baseUrl: string, token: string, zone: string): Promise<CloudflareFacts> {
  if (!isAddressForTokens(baseUrl)) throw new Error('not asked: cloudflare_base_url is not an https URL, and a token would go there');
  const { result: zones } = zonesSchema.parse(await get(`/zones?${new URLSearchParams({ name: zone }).toString()}`));
  const [first] = zones;
  if (!first) return { zones };
  const {
    result: { value },
  } = settingSchema.parse(await get(`/zones/${first.id}/settings/ssl`));
  return { zones, encryption: value };

  async function get(path: string): Promise<unknown> {
    const answer = await fetch(`${baseUrl.replace(/\/$/, '')}${path}`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
    });
    const json: unknown = await answer.json().catch(() => undefined);
    if (answer.ok) return json;
    const { data } = failureSchema.safeParse(json);
    throw new Error(`Cloudflare says ${answer.status}${data ? ` "${data.errors[0]!.message}"` : ''}`);
  }
}
