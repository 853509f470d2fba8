import { checkCertificate } from './checks/certificate';
import { checkCloudflare } from './checks/cloudflare';
import { checkCaa, checkDomains } from './checks/domain';
import { checkImage } from './checks/image';
import { checkLimits, checkRateLimit } from './checks/limits';
import { checkNames } from './checks/names';
import { checkPrograms } from './checks/programs';
import { checkProject, checkTokens } from './checks/tokens';
import { checkStock } from './checks/stock';
import { checkVariables } from './checks/variables';
import type { Facts } from './facts';
import type { Finding } from './finding';
import { priceOf, type Price } from './price';

/** In the order in which somebody would put things right. */
const CHECKS: readonly ((facts: Facts) => Finding[])[] = [
  checkPrograms,
  checkVariables,
  checkTokens,
  checkProject,
  checkRateLimit,
  checkStock,
  checkImage,
  checkNames,
  checkLimits,
  checkCloudflare,
  checkDomains,
  checkCaa,
  checkCertificate,
];

export interface Examination {
  readonly environment: string;
  /** `fine`: with warnings or without; `unasked`: neither, since the API could not be asked. */
  readonly verdict: 'fine' | 'wrong' | 'unasked';
  readonly findings: readonly Finding[];
  /** null: not known. */
  readonly price: Price | null;
}

/** All that can be told of the facts. */
export function examine(facts: Facts): Examination {
  const findings = CHECKS.flatMap((check) => check(facts));
  const { hcloud_token: token } = facts.tokens;
  const unasked = token === null || 'failure' in token;
  const wrong = findings.some(({ level }) => level === 'wrong');
  return {
    environment: facts.environment.name,
    verdict: unasked ? 'unasked' : wrong ? 'wrong' : 'fine',
    findings,
    price: 'answer' in facts.project ? priceOf(facts.environment, facts.project.answer) : null,
  };
}
