import { App } from 'cdktf';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PlatformStack } from '../../../lib/platform-stack';
import type { EnvironmentSettings } from '../../../lib/settings';
import { withStack } from '../../../platform/summary/ask';
import { LISTED } from '../../../platform/summary/price-list';
import { summarize, type Summary } from '../../../platform/summary/summarize';
import { readSynthesized, type Synthesized } from '../../../platform/summary/synthesized';

export type Edit = Partial<EnvironmentSettings>;

const MINIMAL: EnvironmentSettings = {
  domain: 'www.example.com',
  application: { entryPoint: 'app/server.ts', publicFolder: 'app/public' },
};

/** Synthesizes into folders that are gone after `stop`. */
export class Synthesizer {
  private readonly root = mkdtempSync(join(tmpdir(), 'summary-test-'));
  private readonly known = new Map<string, Synthesized>();

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

  stop(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  private anew(edit: Edit): Synthesized {
    const outdir = mkdtempSync(join(this.root, 'stack-'));
    const app = new App({ outdir, skipValidation: true });
    new PlatformStack(app, 'shop', { ...MINIMAL, ...edit });
    app.synth();
    return readSynthesized('shop', join(outdir, 'stacks/shop/cdk.tf.json'));
  }
}
