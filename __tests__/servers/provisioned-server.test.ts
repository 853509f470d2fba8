import { TerraformVariable, type TerraformStack } from 'cdktf';
import { describe, expect, test } from 'vitest';
import { HOST_KEY_KINDS } from '../../lib/servers/host-identity';
import { ProvisionedServer, type ProvisionedServerProps } from '../../lib/servers/provisioned-server';
import type { Site } from '../../lib/servers/site';
import { resource, testSite, testStack, type TerraformBlock } from '../helpers/stack';

function webServer(props: Partial<ProvisionedServerProps> = {}, site?: Site): { stack: TerraformStack; server: ProvisionedServer } {
  const stack = (site?.node.scope ?? testStack()) as TerraformStack;
  const of = site ?? testSite(stack);
  const host = props.host ?? of.plan.host('web', 1);
  return {
    stack,
    server: new ProvisionedServer(stack, host.name, { site: of, host, serverType: 'cx23', role: 'web', files: {}, ...props }),
  };
}

function configureTriggers(props: Partial<ProvisionedServerProps> = {}, site?: Site): Record<string, unknown> {
  return resource(webServer(props, site).stack, 'terraform_data', 'web-1_configure').triggers_replace as Record<string, unknown>;
}

type Provisioner = { file?: { content?: string; source?: string; destination: string }; 'remote-exec'?: { inline: string[] } };

function provisioners(step: TerraformBlock): Provisioner[] {
  return step.provisioner as Provisioner[];
}

/** Single files that are brought to the host, by name; expressions as Terraform reads them. */
function sent(step: TerraformBlock): Record<string, string> {
  const [values] = provisioners(step).flatMap(({ file }) =>
    file?.destination === '/var/lib/platform/configure/values' ? [file.content ?? ''] : [],
  );
  const readable = (value: string) => (value.startsWith('${') ? value : Buffer.from(value, 'base64').toString());
  return Object.fromEntries(
    (values ?? '')
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ (.*)/))
      .map(([name = '', value = '']) => [name, readable(value)]),
  );
}

test('a server has a fixed private address and no public one', () => {
  expect(resource(webServer().stack, 'hcloud_server', 'web-1')).toMatchObject({
    name: 'web-1',
    public_net: [{ ipv4_enabled: false, ipv6_enabled: false }],
    network: [{ ip: '10.0.2.11', alias_ips: [] }],
    labels: { tier: 'web', 'managed-by': 'terraform' },
    lifecycle: { ignore_changes: ['ssh_keys', 'user_data', 'image', 'server_type'] },
  });
});

test('a type that its location never sells is refused, one that is not known here is not', () => {
  const at = (serverType: string) => {
    const stack = testStack();
    return webServer({ serverType }, testSite(stack, { locations: ['ash'] }));
  };
  expect(() => at('cx23')).toThrow(
    'test/web-1: serverType is "cx23", want a type that Hetzner sells in ash; use cpx21 [server-type-location]',
  );
  expect(() => at('cpx21')).not.toThrow();
  expect(() => at('cz13')).not.toThrow();
});

test('Hetzner refuses a firewall for a server without a public address, so only others have one', () => {
  expect(resource(webServer().stack, 'hcloud_server', 'web-1')).not.toHaveProperty('firewall_ids');
  expect(resource(webServer({ publicAddress: true }).stack, 'hcloud_server', 'web-1')).toHaveProperty('firewall_ids');
});

test('Terraform leaves the alias addresses of a load balancer to its agent', () => {
  const server = resource(webServer({ publicAddress: true }).stack, 'hcloud_server', 'web-1');
  expect(server.lifecycle).toMatchObject({ ignore_changes: ['ssh_keys', 'user_data', 'image', 'network', 'server_type'] });
});

test('hosts without a public address are reached through the floating IP, others by their own', () => {
  const at = (publicAddress: boolean) => resource(webServer({ publicAddress }).stack, 'terraform_data', 'web-1_install').connection;
  expect(at(false)).toMatchObject({ host: '10.0.2.11', bastion_host: expect.stringContaining('hcloud_floating_ip') });
  expect(at(true)).toMatchObject({ host: expect.stringContaining('.ipv4_address}') });
  expect(at(true)).not.toHaveProperty('bastion_host');
});

test.each<[string, Partial<ProvisionedServerProps>]>([
  ['a file', { files: { '/etc/a': 'x' } }],
  ['a folder', { folders: { '/srv/www': 'app/public' } }],
  ['a program', { programs: { '/opt/a.js': 'agents/mysql-member/main.ts' } }],
  ['a fact', { facts: { A: 'x' } }],
  ['a trigger', { triggers: { certificate: 'x' } }],
])('%s that changes makes the configure step run again', (_, props) => {
  expect(configureTriggers(props)).not.toEqual(configureTriggers());
});

test('the same input provisions nothing again', () => {
  const props = { files: { '/etc/a': 'x' }, programs: { '/opt/a.js': 'agents/mysql-member/main.ts' } };
  expect(configureTriggers(props)).toEqual(configureTriggers(props));
});

test('a file does not run the install step again', () => {
  const triggers = (props: Partial<ProvisionedServerProps>) =>
    resource(webServer(props).stack, 'terraform_data', 'web-1_install').triggers_replace;
  expect(triggers({ files: { '/etc/a': 'x' } })).toEqual(triggers({}));
});

test('another revision of the secrets runs all configure steps again', () => {
  const site = testSite(testStack(), {}, { secretsRevision: '2' });
  expect(configureTriggers({}, site)).not.toEqual(configureTriggers());
});

test('exactly the public keys of the site are brought to the host', () => {
  const site = testSite(testStack(), {}, { sshPublicKey: 'ssh-ed25519 AAAA', sshAdditionalPublicKeys: 'ssh-ed25519 BBBB' });
  const step = resource(webServer({}, site).stack, 'terraform_data', 'web-1_configure');
  expect(sent(step)).toMatchObject({ authorized_keys: 'ssh-ed25519 AAAA\nssh-ed25519 BBBB\n' });
});

test('secrets are neither in triggers nor together with anything that prints', () => {
  const site = testSite(testStack());
  const password = new TerraformVariable(site.node.scope as TerraformStack, 'app_password', {}).stringValue;
  const step = resource(webServer({ credentials: { 'app-password': password } }, site).stack, 'terraform_data', 'web-1_configure');
  expect(JSON.stringify(step.triggers_replace)).not.toContain('app_password');
  expect(
    provisioners(step)
      .filter((each) => JSON.stringify(each).includes('app_password'))
      .map((each) => Object.keys(each)),
  ).toEqual([['file']]);
  expect(sent(step)).toMatchObject({ 'credentials/app-password': '${base64encode(var.app_password)}' });
});

test('text goes to the host as a file, so no template of Terraform can change it', () => {
  const { stack } = webServer({ files: { '/etc/haproxy.cfg': 'log-format %{+Q}r' }, facts: { PLAIN: '${HOME}' } });
  const step = resource(stack, 'terraform_data', 'web-1_configure');
  expect(JSON.stringify(step)).not.toContain('%{+Q}');
  expect(sent(step)).toMatchObject({ 'facts/PLAIN': '${HOME}' });
});

test('a script that fails fails the step: each shell stops at the first error', () => {
  const steps = ['web-1_install', 'web-1_configure'].map((id) => resource(webServer().stack, 'terraform_data', id));
  const shells = steps.flatMap(provisioners).flatMap((each) => (each['remote-exec'] ? [each['remote-exec'].inline] : []));
  expect(shells.map((inline) => inline[0])).toEqual(shells.map(() => 'set -eu'));
  expect(shells.at(-1)).toEqual([
    'set -eu',
    'bash /var/lib/platform/configure/host.sh configure',
    'bash /var/lib/platform/configure/web.sh configure',
  ]);
});

test('a volume for data is a fact of the host', () => {
  const { stack } = webServer({ dataVolumeGb: 20 });
  expect(resource(stack, 'hcloud_volume', 'web-1')).toMatchObject({ size: 20, format: 'ext4', name: 'web-1-data' });
  const step = resource(stack, 'terraform_data', 'web-1_configure');
  expect(step.triggers_replace).toMatchObject({ facts: { VOLUME_DEVICE: expect.stringContaining('.linux_device}') } });
  expect(step.depends_on).toContainEqual(expect.stringContaining('hcloud_volume_attachment'));
});

test('the first login comes after the way in is there', () => {
  const stack = testStack();
  const site = testSite(stack);
  const { server: gateway } = webServer({ host: site.plan.host('lb', 1), publicAddress: true }, site);
  webServer({ host: site.plan.host('web', 1), installAfter: [gateway.configured] }, site);
  const gatewayStep = expect.stringMatching(/^terraform_data\.lb-1_configure/);
  expect(resource(stack, 'terraform_data', 'web-1_install').depends_on).toEqual([gatewayStep]);
  expect(resource(stack, 'terraform_data', 'lb-1_install').depends_on).toEqual([]);
});

test('protection is a setting of the site', () => {
  const site = testSite(testStack(), { deleteProtection: true });
  expect(resource(webServer({}, site).stack, 'hcloud_server', 'web-1')).toMatchObject({
    delete_protection: true,
    rebuild_protection: true,
  });
});

describe('where host keys are pinned', () => {
  const pinned = (publicAddress: boolean) => {
    const stack = testStack();
    return webServer({ publicAddress }, testSite(stack, { pinHostKeys: true })).stack;
  };
  const lines = (made: Record<string, string>) => (made['host_key'] ?? '').split('\n');
  const connection = (stack: TerraformStack, step: string) =>
    resource(stack, 'terraform_data', `web-1_${step}`).connection as Record<string, string>;

  test('the first login expects the key of the user data or the one that replaces it, and every other login the latter', () => {
    const stack = pinned(false);
    const [first, lasting] = [connection(stack, 'identify'), connection(stack, 'install')].map(lines) as [string[], string[]];
    expect(first).toEqual([
      expect.stringContaining('first-key'),
      expect.stringMatching(/^10\.0\.2\.11 .*identity_key_/),
      expect.stringMatching(/floating-ip.* .*bastion-key/),
    ]);
    expect(lasting).toEqual([expect.stringMatching(/identity_key_/), first[2]]);
    expect(connection(stack, 'configure')['host_key']).toBe(connection(stack, 'install')['host_key']);
    expect(resource(stack, 'hcloud_server', 'web-1').user_data).toContain('first-key');
    expect(resource(stack, 'hcloud_server', 'web-1').user_data).not.toContain('identity_key_');
    expect(resource(stack, 'terraform_data', 'web-1_install').depends_on).toEqual([expect.stringContaining('identify')]);
  });

  // Terraform 1.11 looks at host_key for the bastion, too, and of each kind of key at the first one only
  test('the keys of a host, of its first login and of the load balancers are of different kinds', () => {
    const kinds = Object.values(HOST_KEY_KINDS).map((kind) => JSON.stringify(kind));
    expect(new Set(kinds).size).toBe(kinds.length);
  });

  test('the way through the load balancers is pinned, too; both have the same key', () => {
    expect(connection(pinned(false), 'install')['bastion_host_key']).toContain('bastion-key');
    expect(lines(connection(pinned(true), 'install'))).toEqual([expect.stringContaining('bastion-key')]);
    expect(connection(pinned(true), 'install')).not.toHaveProperty('bastion_host_key');
  });

  test('the lasting key comes in a provisioner of its own', () => {
    const uploads = provisioners(resource(pinned(false), 'terraform_data', 'web-1_identify')).filter(({ file }) =>
      file?.content?.includes('private_key_openssh'),
    );
    expect(uploads).toHaveLength(1);
  });

  test('what to do about a server without metadata is said before the first login, which is all that can fail for it', () => {
    const stack = testStack();
    const [first] = provisioners(
      resource(
        webServer({}, testSite(stack, { pinHostKeys: true, namePrefix: 'shop-', sshTimeoutSeconds: 20 })).stack,
        'terraform_data',
        'web-1_identify',
      ),
    );
    expect(first).toEqual({
      'local-exec': {
        command: expect.stringMatching(
          /^echo "first login to shop-web-1\. If it fails after 20 s .*\(hcloud server delete shop-web-1\)[^"'`$\\]*"$/,
        ),
      },
    });
  });

  test('nothing of it exists where they are not', () => {
    const { stack } = webServer();
    expect(connection(stack, 'install')).not.toHaveProperty('host_key');
    expect(resource(stack, 'hcloud_server', 'web-1')).not.toHaveProperty('user_data');
  });
});

describe('where another than root logs in', () => {
  const deployed = () => webServer({}, testSite(testStack(), { sshUser: 'deploy' })).stack;

  test('the server is made with that user, who may do everything, and the public key alone', () => {
    const { user_data: userData } = resource(deployed(), 'hcloud_server', 'web-1') as { user_data: string };
    expect(userData).toMatch(/^#cloud-config\n\$\{jsonencode\(/);
    expect(userData).toContain('"name" = "deploy"');
    expect(userData).toContain('"sudo" = "ALL=(ALL) NOPASSWD:ALL"');
    expect(userData).toContain('"disable_root" = true');
    expect(userData).not.toContain('ssh_private_key');
  });

  test('that user logs in to host and load balancer, owns what is uploaded, and runs the scripts by sudo', () => {
    const block = resource(deployed(), 'terraform_data', 'web-1_configure');
    expect(block.connection).toMatchObject({ user: 'deploy', bastion_user: 'deploy' });
    const commands = provisioners(block).flatMap((each) => each['remote-exec']?.inline ?? []);
    expect(commands).toHaveLength(2);
    for (const command of commands) expect(command).toMatch(/^sudo --non-interactive --preserve-env=SSH_USER_AUTH sh -eu -c '/);
    expect(commands[0]).toContain('install -d -m 0700 -o deploy /var/lib/platform/configure');
    expect(commands[1]).toContain('host.sh configure');
  });

  test('its name is a fact of the host', () => {
    const { stack } = webServer({}, testSite(testStack(), { sshUser: 'deploy' }));
    expect(resource(stack, 'terraform_data', 'web-1_install')).not.toEqual(resource(webServer().stack, 'terraform_data', 'web-1_install'));
  });
});
