import { domainProblem } from '../net/checks';
import { group, isObject, oneOf, required, text, textWith, type Rule } from './rules';

/** Where Terraform keeps its state. */
export type Backend =
  /** A file beside main.ts, `terraform.<environment>.tfstate`. */
  | { readonly type: 'local' }
  /** A workspace of HCP Terraform, or of a Terraform Enterprise at `hostname`. Leave the workspace's working directory empty. */
  | {
      readonly type: 'terraform-cloud';
      readonly organization: string;
      readonly workspace: string;
      /** @default app.terraform.io */ readonly hostname?: string;
    };

export const BACKEND_DEFAULT: Backend = { type: 'local' };

// developer.hashicorp.com/terraform/cloud-docs/workspaces/create: letters, numbers, - and _, up to 90
const name = text((got) => /^[A-Za-z0-9_-]{1,90}$/.test(got), {
  code: 'backend-name',
  want: 'up to 90 letters, digits, - and _',
  fix: 'take it from the address of the workspace in the browser',
});

const hostname = textWith((prop, got) => domainProblem(prop, got.replace(/:\d{1,5}$/, '')));

const type = required(oneOf(['local', 'terraform-cloud'], { code: 'backend', fix: 'leave it out for a file beside main.ts' }), 'a type');

/** Each value by itself; which settings there are depends on the type. */
export const backendRule: Rule = (got, prop) => {
  const inCloud = isObject(got) && got['type'] === 'terraform-cloud';
  const cloud = { organization: required(name, 'a name'), workspace: required(name, 'a name'), hostname };
  return group<object>({ type, ...(inCloud && cloud) })(got, prop);
};
