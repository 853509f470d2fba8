import type { TerraformStack } from 'cdktf';
import { HOURS_A_DAY } from './internal-authority';

/** With less than this left, a plan warns. */
const WARNED_BEFORE_DAYS = 30;

interface CertificateEnd {
  /** Terraform's expression of a time in RFC 3339. */
  readonly end: string;
  /** May hold templates. */
  readonly message: string;
}

/** Makes every plan warn in the last 30 days of a certificate: it goes on, but says so. The name is one of Terraform's. */
export function warnBeforeEnd(stack: TerraformStack, name: string, { end, message }: CertificateEnd): void {
  stack.addOverride(`check.${name}`, {
    assert: {
      condition: `\${timecmp(plantimestamp(), timeadd(${end}, "-${WARNED_BEFORE_DAYS * HOURS_A_DAY}h")) < 0}`,
      error_message: message,
    },
  });
}
