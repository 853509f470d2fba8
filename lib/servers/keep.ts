import type { TerraformResourceLifecycle } from 'cdktf';

/** An attribute that a deploy leaves as it is. */
export interface Held {
  /** Of what has the attribute, in the message. */
  readonly name: string;
  /** Terraform's name of it. */
  readonly attribute: string;
  /** What the settings want it to be. No token. */
  readonly wanted: string;
  /** Says, after what it is now, what a deploy would do, and how to get there. */
  readonly remedy: string;
}

/**
 * The plan fails instead of changing the attribute, and says why. Only what exists is concerned: a new resource has the wanted value.
 * `terraform destroy` ignores the condition.
 */
export function hold({ name, attribute, wanted, remedy }: Held): Required<Pick<TerraformResourceLifecycle, 'postcondition'>> & {
  readonly ignoreChanges: string[];
} {
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

/**
 * For an attribute for another value of which Terraform would replace the resource, and destroy what it holds: held unless `mayDestroy`
 * has the name. Why in this way: docs/decisions/0012-a-deploy-destroys-no-data.md.
 */
export function keep(mayDestroy: readonly string[], held: Held): TerraformResourceLifecycle | undefined {
  return mayDestroy.includes(held.name) ? undefined : hold(held);
}
