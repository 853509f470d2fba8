import { expect, test } from 'vitest';
import { readDeployLine } from '../../../lab/client/deploy-output';

const textOf = (line: string) => readDeployLine(line)?.text;

test("a role script's output is shown with its host and step", () => {
  expect(textOf('lab  terraform_data.web_web-1_install_3A25277B (remote-exec): web.sh: installing nginx')).toBe(
    'web-1 install: web.sh: installing nginx',
  );
});

test('a deploy shows the end of a step only if the step took a while', () => {
  expect(textOf('lab  terraform_data.app_app-1_install_9E6FAF2A: Creation complete after 1m2s [id=x]')).toBe(
    'terraform_data.app_app-1_install_9E6FAF2A: creation took 1m2s',
  );
  expect(readDeployLine('lab  hcloud_network.net: Creation complete after 1s [id=1]')).toBeNull();
});

test("Terraform's errors are kept, without colours", () => {
  expect(readDeployLine('lab  \u001b[31m│\u001b[0m Error: remote-exec provisioner error')).toEqual({
    kind: 'error',
    text: '│ Error: remote-exec provisioner error',
  });
});

test('the remedy of a step is kept until the step fails', () => {
  const line = 'terraform_data.web_web-1_identify_12AB (local-exec): first login to web-1. If it fails ...';
  const remedy = { kind: 'remedy', step: 'terraform_data.web_web-1_identify_12AB', text: 'first login to web-1. If it fails ...' };
  expect(readDeployLine(`lab  ${line}`)).toEqual(remedy);
  expect(readDeployLine(`     ${line}`)).toEqual(remedy);
});

test('a spinner of cdktf is not shown', () => {
  expect(readDeployLine('\u001b[2K\u001b[1A\u001b[2K\u001b[G')).toBeNull();
  expect(readDeployLine('⠋  Synthesizing')).toBeNull();
});
