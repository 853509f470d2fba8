import { execa } from 'execa';

/**
 * Asks the npm registry about the packages that are deployed, or that run where Terraform does: which of them have known weaknesses, and
 * whether each is signed as the registry says. Fails for a finding. Without an answer there is none, and it says so: `make check` works offline.
 *
 *   audit.ts [OPTION OF NPM...]
 */
const QUESTIONS: readonly (readonly string[])[] = [['audit'], ['audit', 'signatures']];
/** npm by itself tries for more than a minute. */
const IMPATIENT = ['--fetch-retries=0', '--fetch-timeout=20000'];

/** What npm prints with --json. */
interface Answer {
  readonly vulnerabilities?: Readonly<Record<string, Weakness>>;
  readonly invalid?: readonly Package[];
  readonly missing?: readonly Package[];
  readonly error?: { readonly code?: string; readonly summary?: string };
  readonly statusCode?: number;
}
interface Weakness {
  readonly severity: string;
  /** What is known of it, or the name of a package that brings it. */
  readonly via: readonly (string | { readonly title: string; readonly url: string })[];
}
interface Package {
  readonly name: string;
  readonly version: string;
}

/** npm ends at such a package: its signature is by a key that the registry never had or has given up, or belongs to another package. */
const REFUSED = /^E(MISSINGSIGNATUREKEY|EXPIREDSIGNATUREKEY|ATTESTATIONSUBJECT)$/;

/** A line for each finding; undefined if the registry has not answered the question. */
function findingsOf({ vulnerabilities, invalid, missing, error }: Answer): string[] | undefined {
  if (REFUSED.test(error?.code ?? '')) return [`wrong signature: ${error?.summary}`];
  if (vulnerabilities) return Object.entries(vulnerabilities).map(([name, weakness]) => lineOf(name, weakness));
  if (!invalid || !missing) return undefined;
  const lines = (what: string, packages: readonly Package[]) => packages.map(({ name, version }) => `${what}: ${name} ${version}`);
  return [...lines('wrong signature', invalid), ...lines('no signature', missing)];
}

function lineOf(name: string, { severity, via }: Weakness): string {
  return `${severity}: ${name}: ${via.map((each) => (typeof each === 'string' ? `by ${each}` : `${each.title}, ${each.url}`)).join('; ')}`;
}

function answerOf(stdout: string): Answer {
  try {
    return JSON.parse(stdout) as Answer;
  } catch {
    return {};
  }
}

async function main(options: readonly string[]): Promise<void> {
  for (const question of QUESTIONS) {
    const { stdout } = await execa('npm', [...question, '--omit=dev', '--json', ...IMPATIENT, ...options], {
      reject: false,
      timeout: 180_000,
    });
    const answer = answerOf(stdout);
    const findings = findingsOf(answer);
    const name = `npm ${question.join(' ')}`;
    if (!findings) {
      const why = answer.error?.summary || (answer.statusCode ? `it says ${answer.statusCode}` : 'no answer');
      console.log(`-- ${name}: SKIPPED, the registry does not answer this question: ${why}`);
    } else if (findings.length > 0) {
      console.error([`${name} finds:`, ...findings, 'For more, and for what to do: npm audit --omit=dev'].join('\n'));
      process.exitCode = 1;
    } else {
      console.log(`-- ${name}: nothing found`);
    }
  }
}

await main(process.argv.slice(2));
