import {
  TerraformResource,
  type FileProvisioner,
  type ITerraformDependable,
  type LocalExecProvisioner,
  type RemoteExecProvisioner,
  type SSHProvisionerConnection,
} from 'cdktf';
import type { Construct } from 'constructs';

export interface ProvisioningStepProps {
  /** The step runs again when one of these values changes. They are in the state: no secrets. */
  readonly triggers: Readonly<Record<string, unknown>>;
  readonly connection: SSHProvisionerConnection;
  readonly provisioners: readonly (FileProvisioner | RemoteExecProvisioner | LocalExecProvisioner)[];
  readonly dependsOn?: readonly ITerraformDependable[];
}

/**
 * A `terraform_data` that acts on a host over SSH. Not cdktf's own DataResource: that one starts
 * `terraform version` once for each resource at synth.
 */
export class ProvisioningStep extends TerraformResource {
  private readonly triggers: Readonly<Record<string, unknown>>;

  constructor(scope: Construct, id: string, props: ProvisioningStepProps) {
    super(scope, id, {
      terraformResourceType: 'terraform_data',
      connection: props.connection,
      provisioners: [...props.provisioners],
      dependsOn: [...(props.dependsOn ?? [])],
    });
    this.triggers = props.triggers;
  }

  /** One of them, as Terraform refers to it. */
  trigger(name: string): string {
    return `${this.fqn}.triggers_replace.${name}`;
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    return { triggers_replace: this.triggers };
  }
}
