import type { TerraformResourceLifecycle } from 'cdktf';

/** What a deploy must not destroy unless `mayDestroy` names it. */
export interface Kept {
  /** Its name in `mayDestroy`. */
  readonly name: string;
  /** Terraform's name of the attribute for another value of which it would replace the resource. */
  readonly attribute: string;
  /** What the settings want it to be. No token. */
  readonly wanted: string;
  /** Says, after what it is now, what would be lost, and how to get there without loss. */
  readonly remedy: string;
}

/**
 * The plan fails instead of replacing the resource, and says what would be lost. Only what exists is concerned: a new resource has the
 * wanted value. `terraform destroy` ignores the condition. Why in this way: docs/decisions/0012-a-deploy-destroys-no-data.md.
 */
export function keep(mayDestroy: readonly string[], { name, attribute, wanted, remedy }: Kept): TerraformResourceLifecycle | undefined {
  if (mayDestroy.includes(name)) return undefined;
  return {
    ignoreChanges: [attribute],
    postcondition: [
      {
        condition: `\${self.${attribute} == "${wanted}"}`,
        errorMessage: `${name} has ${attribute} \${self.${attribute}}, and the settings want ${wanted}. ${remedy}`,
      },
    ],
  };
}
