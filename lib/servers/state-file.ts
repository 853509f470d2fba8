import { LocalBackend, type TerraformStack } from 'cdktf';
import { chmodSync, closeSync, openSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Terraform's state in a file beside main.ts. It holds keys, and Terraform would make it readable to everybody; so synth makes it
 * before Terraform does, empty, which is no state. Terraform writes into the file that there is.
 */
export function keepStateLocally(stack: TerraformStack): void {
  const name = `terraform.${stack.node.id}.tfstate`;
  // Terraform runs in cdktf.out/stacks/<stack>: from there, this is beside main.ts on any machine
  new LocalBackend(stack, { path: `../../../${name}` });
  const { synthesizer } = stack;
  stack.synthesizer = {
    synthesize(session) {
      for (const file of [name, `${name}.backup`]) makePrivate(join(session.outdir, '..', file));
      synthesizer.synthesize(session);
    },
  };
}

/** Readable by its owner alone, whether or not it is there already. */
function makePrivate(file: string): void {
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
}
