import { TerraformOutput, TerraformStack, Testing } from 'cdktf';
import { execa } from 'execa';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Edge } from '../lib/edge';
import { Terraform } from './lab/providers/conformance/terraform';

describe("an operator's own certificate", () => {
  let folder: string;
  let terraform: Terraform;
  let key: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'own-certificate-'));
    key = await newKey();
    await writeFile(join(folder, 'site.key'), key);
    terraform = await Terraform.start(await edge(31), {}, 'main.tf.json');
  });
  afterAll(async () => {
    await terraform.stop();
    await rm(folder, { recursive: true });
  });

  const newKey = async () => (await execa('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'])).stdout;

  /** The edge of a platform alone, with a certificate for so many days, as Terraform reads it. */
  async function edge(days: number): Promise<string> {
    const [certificateFile, privateKeyFile] = [join(folder, 'site.pem'), join(folder, 'site.key')];
    await execa('openssl', [
      'req',
      '-x509',
      '-key',
      privateKeyFile,
      '-out',
      certificateFile,
      '-days',
      String(days),
      '-subj',
      '/CN=www.example.test',
    ]);
    const stack = new TerraformStack(Testing.app(), 'test');
    const made = new Edge(stack, 'edge', {
      domains: ['www.example.test'],
      certificate: { mode: 'files', certificateFile, privateKeyFile },
    });
    new TerraformOutput(stack, 'revision', { value: made.certificateRevision });
    return Testing.synth(stack);
  }

  const plan = async (given: string) => {
    const { exitCode, output } = await terraform.run('plan', `-var=certificate_private_key=${given}`);
    return { exitCode, output: output.replace(/[\s│]+/g, ' ') };
  };

  test('makes a plan warn when fewer than 30 days are left, and not before', async () => {
    const before = await plan(key);
    expect([before.exitCode, before.output]).toEqual([0, expect.not.stringContaining('Warning')]);
    await terraform.write(await edge(29));
    const after = await plan(key);
    expect([after.exitCode, after.output]).toEqual([
      0,
      expect.stringMatching(/Warning: Check block assertion failed .* Nobody renews it but you/),
    ]);
  });

  test('is taken with its key whatever the line ends are', async () => {
    expect((await plan(key.trim().replaceAll('\n', '\r\n'))).exitCode).toBe(0);
  });

  test('is refused with another key before anything is changed, and that is not printed', async () => {
    const another = await newKey();
    const { exitCode, output } = await plan(another);
    expect([exitCode, output]).toEqual([
      1,
      expect.stringContaining('certificate_private_key is not the key that certificate.privateKeyFile held'),
    ]);
    expect(output).not.toContain(another.split('\n')[1]);
  });
});
