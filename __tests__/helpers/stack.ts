import { TerraformStack, Testing } from 'cdktf';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import type { Construct } from 'constructs';
import { HcloudProvider } from '../../.gen/providers/hcloud/provider';
import { Site, type SiteProps } from '../../lib/servers/site';
import { resolveSite, type AccessSettings, type ResolvedSite, type SiteSettings } from '../../lib/settings/site';

export interface TerraformJson {
  readonly resource: Record<string, Record<string, TerraformBlock>>;
  readonly output?: Record<string, TerraformBlock>;
  readonly variable?: Record<string, TerraformBlock>;
  readonly terraform: TerraformBlock;
}
export type TerraformBlock = Readonly<Record<string, unknown>>;

export function testStack(): TerraformStack {
  const stack = new TerraformStack(Testing.app(), 'test');
  new HcloudProvider(stack, 'hcloud', {});
  new TlsProvider(stack, 'tls');
  return stack;
}

type SiteWiring = Partial<Omit<SiteProps, keyof ResolvedSite>>;

/** A site with defaults, without keys of each server; the test shows only what differs. */
export function testSite(scope: Construct, settings: SiteSettings & AccessSettings = {}, wiring: SiteWiring = {}): Site {
  return new Site(scope, 'site', {
    ...resolveSite({ pinHostKeys: false, ...settings }),
    sshPublicKey: 'ssh-ed25519 AAAA',
    sshPrivateKey: '${var.ssh_private_key}',
    ...wiring,
  });
}

const known = new WeakMap<TerraformStack, string>();

/** What a stack would deploy, as Terraform reads it. A stack is synthesized once, and takes no further constructs after that. */
export function synthesized(stack: TerraformStack): TerraformJson {
  const text = known.get(stack) ?? Testing.synth(stack, true);
  known.set(stack, text);
  stack.node.lock();
  return JSON.parse(text) as TerraformJson;
}

/** `hcloud_server.web_web-1_server_ABC`: the ids that deployed state depends on. */
export function resourceIds(stack: TerraformStack): string {
  return Object.entries(synthesized(stack).resource)
    .flatMap(([type, byId]) => Object.keys(byId).map((id) => `${type}.${id}\n`))
    .sort()
    .join('');
}

export function resource(stack: TerraformStack, type: string, idPrefix: string): TerraformBlock {
  const [, block] = Object.entries(synthesized(stack).resource[type] ?? {}).find(([id]) => id.startsWith(idPrefix)) ?? [];
  if (!block) throw new Error(`no ${type} begins with ${idPrefix}`);
  return block;
}
