import type { Facts } from '../facts';
import { findings, type Finding } from '../finding';

const { fine, warning, wrong } = findings('programs');

/** package.json's `engines`. */
const NODE = '20.19.0';
/** What PlatformStack writes into `terraform.required_version`: 1.10 brought ephemeral variables. */
const TERRAFORM = '1.10.0';

/** Node.js, Terraform and the CLI of cdktf are there and recent enough. */
export function checkPrograms({
  programs: { node, terraform, cdktf, cdktfCli },
  environment: { state },
}: Pick<Facts, 'programs' | 'environment'>): Finding[] {
  return [
    atLeast(node, NODE)
      ? fine(`Node.js ${node}`)
      : wrong(`Node.js ${node} is older than ${NODE}`, 'install Node.js 22: https://nodejs.org/en/download'),
    ofTerraform(terraform, state.cloud !== undefined),
    ofCdktf(cdktfCli, cdktf),
  ];
}

function ofTerraform(version: string | null, runsElsewhere: boolean): Finding {
  const get = 'install it: https://developer.hashicorp.com/terraform/install';
  if (version !== null && atLeast(version, TERRAFORM)) return fine(`Terraform ${version}`);
  const says =
    version === null ? 'Terraform is not on the PATH' : `Terraform ${version} is older than ${TERRAFORM}, and has no ephemeral variables`;
  return runsElsewhere ? warning(says, `runs in Terraform Cloud do without; for \`cdktf deploy\` from here ${get}`) : wrong(says, get);
}

function ofCdktf(cli: string | null, library: string): Finding {
  if (cli === null) return wrong('the CLI of cdktf is not installed', 'run: npm ci');
  const series = (version: string) => version.split('.').slice(0, 2).join('.');
  if (series(cli) === series(library)) return fine(`cdktf ${library}, its CLI ${cli}`);
  return wrong(`cdktf is ${library}, its CLI ${cli}`, 'install what package-lock.json says: npm ci');
}

/** Of versions such as 1.10.0, v20.19.5 or 1.12.0-beta1. */
export function atLeast(version: string, wanted: string): boolean {
  const numbers = (text: string) => text.replace(/^v/, '').split('-')[0]!.split('.').map(Number);
  const [is, want] = [numbers(version), numbers(wanted)];
  for (const [index, number] of want.entries()) {
    if (is[index] !== number) return (is[index] ?? 0) > number;
  }
  return true;
}
