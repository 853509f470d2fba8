import { App } from 'cdktf';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Tier } from '../../../lib/net/address-plan';
import { PlatformStack } from '../../../lib/platform-stack';
import type { EnvironmentSettings } from '../../../lib/settings';
import { withStack } from '../../../platform/summary/ask';
import { LISTED } from '../../../platform/summary/price-list';
import { partOf } from '../../../platform/summary/hosts';
import { summarize, type Summary } from '../../../platform/summary/summarize';
import { readSynthesized, type Synthesized } from '../../../platform/summary/synthesized';

import { TOKEN } from '../../lab/api/test-client';
import { PUBLIC_KEY } from '../doctor/healthy';
import type { TerraformJson } from '../../helpers/stack';

export type Edit = Partial<EnvironmentSettings>;

const MINIMAL: EnvironmentSettings = {
  domain: 'www.example.com',
  application: { entryPoint: 'app/server.ts', publicFolder: 'app/public' },
};

/** Synthesizes into folders that are gone after `stop`. */
export class Synthesizer {
  private readonly root = mkdtempSync(join(tmpdir(), 'summary-test-'));
  private readonly known = new Map<string, Synthesized>();
  private readonly fileOf = new Map<string, string>();

  /** What Terraform reads, but for the backend. Steps are there, and do nothing: nobody can be logged in to. */
  stepless(edit: Edit): string {
    this.synthesize(edit);
    const json = JSON.parse(readFileSync(this.fileOf.get(JSON.stringify(edit)) ?? '', 'utf8')) as TerraformJson;
    const { resource, terraform, ...rest } = json;
    const steps = Object.entries(resource['terraform_data'] ?? {}).map(([id, { connection: _, provisioner: __, ...step }]) => [id, step]);
    return JSON.stringify({
      ...rest,
      terraform: { ...terraform, backend: undefined },
      resource: { ...resource, terraform_data: Object.fromEntries(steps) },
    });
  }

  /** What cdktf has written, manifest.json among it. */
  folder(edit: Edit): string {
    this.synthesize(edit);
    return dirname(dirname(dirname(this.fileOf.get(JSON.stringify(edit)) ?? '')));
  }

  synthesize(edit: Edit = {}): Synthesized {
    const key = JSON.stringify(edit);
    const found = this.known.get(key) ?? this.anew(edit);
    this.known.set(key, found);
    return found;
  }

  summary(before: Edit, after: Edit): Summary {
    const now = this.synthesize(after);
    return summarize({ ...withStack(this.synthesize(before), now, 'main'), after: now, prices: LISTED, pricesOf: 'listed' });
  }

  firstDeploy(after: Synthesized): Summary {
    return summarize({ ...withStack(undefined, after, 'main'), after, prices: LISTED, pricesOf: 'listed' });
  }

  stop(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  private anew(edit: Edit): Synthesized {
    const outdir = mkdtempSync(join(this.root, 'stack-'));
    const app = new App({ outdir, skipValidation: true });
    new PlatformStack(app, 'shop', { ...MINIMAL, ...edit });
    app.synth();
    const file = join(outdir, 'stacks/shop/cdk.tf.json');
    this.fileOf.set(JSON.stringify(edit), file);
    return readSynthesized('shop', file);
  }
}

/** Whatever the steps upload to the hosts of each tier. */
export function allFilesOf({ blocks, files }: Synthesized): readonly { readonly tier: Tier; readonly path: string }[] {
  return [...blocks.keys()].flatMap((address) => {
    const part = partOf(address);
    return part ? [...(files(address)?.keys() ?? [])].map((path) => ({ tier: part.tier, path })) : [];
  });
}

/** Of the stack, as arguments of Terraform. */
export function variables(endpoint: string): string[] {
  const secrets = ['failover_token', 'mysql_admin_password', 'mysql_app_password', 'mysql_replication_password', 'ssh_private_key'];
  const values = { hcloud_endpoint: endpoint, hcloud_token: TOKEN, ssh_public_key: PUBLIC_KEY };
  return Object.entries({ ...values, ...Object.fromEntries(secrets.map((name) => [name, 'canary'])) }).map(
    ([name, value]) => `-var=${name}=${value}`,
  );
}
