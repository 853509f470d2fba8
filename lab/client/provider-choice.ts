import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../machines/command';
import { REPOSITORY, SHARED } from '../machines/paths';

export interface ProviderChoice {
  readonly kind: 'real' | 'stand-in';
  /** Terraform CLI configuration for the real providers; null: the user's own is enough. */
  readonly cliConfigFile: string | null;
  /**
   * Whether the lock file beside main.ts is right for them. A mirror of the user may have packages that the user has built, of the same
   * version and with other hashes. Of the stand-ins Terraform installs nothing, and so compares nothing.
   */
  readonly locked: boolean;
  readonly why: string;
}

const MIRRORS = join(SHARED, 'providers');
const REGISTRY = 'https://registry.terraform.io/.well-known/terraform.json';

/**
 * LAB_PROVIDERS=real: those of the registry, or of a filesystem mirror in the Terraform CLI configuration; stand-in: our own;
 * auto, the default: real ones where they can be had.
 * Whatever is used, Terraform itself runs where there is no Internet.
 */
export async function chooseProviders(wish = process.env['LAB_PROVIDERS'] ?? 'auto'): Promise<ProviderChoice> {
  if (!['auto', 'real', 'stand-in'].includes(wish)) throw new Error(`LAB_PROVIDERS is ${wish}, want auto, real or stand-in`);
  if (wish === 'stand-in') return { kind: 'stand-in', cliConfigFile: null, locked: true, why: 'LAB_PROVIDERS=stand-in' };
  const cliConfiguration = process.env['TF_CLI_CONFIG_FILE'] ?? join(homedir(), '.terraformrc');
  if (await namesMirror(cliConfiguration))
    return { kind: 'real', cliConfigFile: null, locked: isOurs(cliConfiguration), why: 'a mirror in the Terraform CLI configuration' };
  const mirror = join(MIRRORS, await versionsKey());
  if (!existsSync(mirror)) {
    if (!(await registryAnswers())) {
      if (wish === 'real')
        throw new Error(`LAB_PROVIDERS is real, but ${REGISTRY} does not answer; name a filesystem mirror in ~/.terraformrc`);
      return { kind: 'stand-in', cliConfigFile: null, locked: true, why: 'the registry does not answer' };
    }
    await fillMirror(mirror);
  }
  return { kind: 'real', cliConfigFile: join(mirror, 'terraform.rc'), locked: true, why: 'the registry' };
}

async function namesMirror(cliConfiguration: string): Promise<boolean> {
  const text = await readFile(cliConfiguration, 'utf8').catch(() => '');
  return /^\s*(filesystem|network)_mirror\s*\{/m.test(text);
}

/** Commands in the client find the mirror of the registry's packages as if it were the user's. */
const isOurs = (cliConfiguration: string) => cliConfiguration.startsWith(`${MIRRORS}/`);

const registryAnswers = (): Promise<boolean> =>
  fetch(REGISTRY, { signal: AbortSignal.timeout(3000) }).then(
    (answer) => answer.ok,
    () => false,
  );

interface Requirement {
  readonly source: string;
  readonly version: string;
}

async function requirements(): Promise<Record<string, Requirement>> {
  const settings = JSON.parse(await readFile(join(REPOSITORY, 'cdktf.json'), 'utf8')) as { terraformProviders: string[] };
  const [source = '', version = ''] = (settings.terraformProviders[0] ?? '').split('@');
  return {
    hcloud: { source, version },
    tls: { source: 'hashicorp/tls', version: await boundVersion('tls') },
    cloudflare: { source: 'cloudflare/cloudflare', version: await boundVersion('cloudflare') },
  };
}

/** Of the provider that an npm package has bindings for. */
async function boundVersion(provider: 'tls' | 'cloudflare'): Promise<string> {
  const file = join(REPOSITORY, `node_modules/@cdktf/provider-${provider}/package.json`);
  return (JSON.parse(await readFile(file, 'utf8')) as { cdktf: { provider: { version: string } } }).cdktf.provider.version;
}

const versionsKey = async () =>
  Object.values(await requirements())
    .map(({ source, version }) => `${source}-${version}`.replaceAll(/[^a-z0-9.-]+/g, '-'))
    .join('_');

async function fillMirror(mirror: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'lab-providers-'));
  const unfinished = `${mirror}.${process.pid}.unfinished`;
  try {
    await writeFile(join(work, 'main.tf.json'), JSON.stringify({ terraform: { required_providers: await requirements() } }));
    await mkdir(unfinished, { recursive: true });
    await run(['terraform', `-chdir=${work}`, 'providers', 'mirror', unfinished]);
    await writeFile(
      join(unfinished, 'terraform.rc'),
      `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(mirror)}\n  }\n}\n`,
    );
    await rename(unfinished, mirror);
  } finally {
    await rm(work, { recursive: true, force: true });
    await rm(unfinished, { recursive: true, force: true });
  }
}
