import { TerraformStack, type TerraformProvider } from 'cdktf';
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { projectPath } from '../build/project-path';

/** Providers see tokens and keys: Terraform takes the version that the bindings were made for, and no newer one by itself. */
export function takeExactly(provider: TerraformProvider): void {
  const { providerName, providerVersion } = provider.terraformGeneratorMetadata ?? {};
  if (!providerName || !providerVersion) throw new Error(`${provider.node.path} does not know its version`);
  TerraformStack.of(provider).addOverride(`terraform.required_providers.${providerName}.version`, providerVersion);
}

/**
 * A lock file beside main.ts goes into the stack: with it Terraform takes only packages of the hashes in it. docs/security.md tells where
 * those of this repository are from, and how to make one.
 */
export function lockProviders(stack: TerraformStack, lockFile = projectPath('.terraform.lock.hcl')): void {
  const { synthesizer } = stack;
  stack.synthesizer = {
    synthesize(session) {
      synthesizer.synthesize(session);
      if (existsSync(lockFile))
        copyFileSync(lockFile, join(session.outdir, session.manifest.forStack(stack).workingDirectory, '.terraform.lock.hcl'));
    },
  };
}
