import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { startProviders, type StartedProviders, type StartProvidersOptions } from '../../../../lab/providers';

export interface Run {
  readonly exitCode: number;
  /** What Terraform printed, errors included. */
  readonly output: string;
}

export interface ResourceState {
  readonly mode: 'managed' | 'data';
  readonly type: string;
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** A Terraform working directory whose providers are the stand-ins. */
export class Terraform {
  private constructor(
    private readonly directory: string,
    private readonly providers: StartedProviders,
    private readonly file: 'main.tf' | 'main.tf.json',
  ) {}

  static async start(
    configuration: string,
    options: StartProvidersOptions = {},
    file: 'main.tf' | 'main.tf.json' = 'main.tf',
  ): Promise<Terraform> {
    const directory = await mkdtemp(join(tmpdir(), 'tf-test-'));
    const providers = await startProviders(options);
    const terraform = new Terraform(directory, providers, file);
    await terraform.write(configuration);
    const { exitCode, output } = await terraform.run('init');
    if (exitCode !== 0) throw new Error(`terraform init: ${output}`);
    return terraform;
  }

  write(configuration: string): Promise<void> {
    return writeFile(join(this.directory, this.file), configuration);
  }

  async run(...words: readonly string[]): Promise<Run> {
    const env = {
      CHECKPOINT_DISABLE: '1',
      TF_IN_AUTOMATION: '1',
      TF_CLI_CONFIG_FILE: '/dev/null',
      TF_CLI_ARGS: '-no-color',
      TF_REATTACH_PROVIDERS: this.providers.reattach,
    };
    const result = await execa('terraform', words, { cwd: this.directory, env, all: true, reject: false, timeout: 120_000 });
    if (result.failed && result.exitCode === undefined)
      throw new Error('terraform is missing: https://developer.hashicorp.com/terraform/install', { cause: result });
    return { exitCode: result.exitCode ?? -1, output: result.all };
  }

  async apply(...words: readonly string[]): Promise<string> {
    const { exitCode, output } = await this.run('apply', '-auto-approve', ...words);
    if (exitCode !== 0) throw new Error(output);
    return output;
  }

  /** What `terraform show -json` prints of a plan. */
  async planned(...words: readonly string[]): Promise<unknown> {
    const { exitCode, output } = await this.run('plan', '-out=plan', ...words);
    if (exitCode !== 0) throw new Error(output);
    return JSON.parse((await this.run('show', '-json', 'plan')).output);
  }

  /** Actions by address of what a plan would change. */
  async changes(...words: readonly string[]): Promise<Record<string, string>> {
    const { resource_changes: found = [] } = (await this.planned(...words)) as {
      resource_changes?: { address: string; mode: string; change: { actions: string[] } }[];
    };
    return Object.fromEntries(
      found
        .filter(({ mode, change }) => mode === 'managed' && change.actions[0] !== 'no-op')
        .map(({ address, change }) => [address, change.actions.join(', ')]),
    );
  }

  /** 0: nothing to change, 2: something. */
  async planExitCode(...words: readonly string[]): Promise<number> {
    return (await this.run('plan', '-detailed-exitcode', ...words)).exitCode;
  }

  async resources(): Promise<readonly ResourceState[]> {
    const { output } = await this.run('show', '-json');
    return (JSON.parse(output) as { values?: { root_module: { resources?: ResourceState[] } } }).values?.root_module.resources ?? [];
  }

  async values(type: string, name: string): Promise<Readonly<Record<string, unknown>>> {
    const found = (await this.resources()).find((resource) => resource.type === type && resource.name === name);
    if (found === undefined) throw new Error(`no ${type}.${name} in the state`);
    return found.values;
  }

  async stop(): Promise<void> {
    await this.providers.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}
