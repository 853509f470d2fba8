import { TerraformResource } from 'cdktf';
import type { Construct } from 'constructs';

/** Nothing but a value in the state. Resources that name it in `replaceTriggeredBy` are replaced when it changes. */
export class Revision extends TerraformResource {
  constructor(
    scope: Construct,
    id: string,
    private readonly value: string,
  ) {
    super(scope, id, { terraformResourceType: 'terraform_data' });
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    return { triggers_replace: this.value };
  }
}
