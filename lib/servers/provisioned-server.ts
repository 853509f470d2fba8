import {
  Fn,
  TerraformStack,
  Token,
  dependable as asDependency,
  type FileProvisioner,
  type ITerraformDependable,
  type LocalExecProvisioner,
  type RemoteExecProvisioner,
  type SSHProvisionerConnection,
} from 'cdktf';
import { Construct } from 'constructs';
import { Server } from '../../.gen/providers/hcloud/server';
import { Volume } from '../../.gen/providers/hcloud/volume';
import { VolumeAttachment } from '../../.gen/providers/hcloud/volume-attachment';
import { ConfigError } from '../errors';
import type { Host } from '../net/address-plan';
import { architectureOf, serverTypeProblem } from '../hetzner/server-types';
import { bundleProgram } from '../build/bundle';
import { projectPath } from '../build/project-path';
import { HostIdentity, knownBy, publicKeyOf } from './host-identity';
import { hold } from './keep';
import { ProvisioningStep } from './provisioning-step';
import { roleScripts, type Role } from './role-scripts';
import type { ServerOrder } from './server-stock';
import type { Site } from './site';
import type { UploadTree } from './upload-tree';

/** What a server is, and what is put onto it. */
export interface ProvisionedServerProps {
  readonly site: Site;
  readonly host: Host;
  /** The other hosts of its tier. @default none */
  readonly peers?: readonly Host[];
  /** e.g. `cx23`. */
  readonly serverType: string;
  /** Which script of provisioning/ configures it. */
  readonly role: Role;
  /** @default false: private address only, reached by SSH through the floating IP */
  readonly publicAddress?: boolean;
  /** Absolute path on the host to text. Plain text known at synth: no tokens, no secrets. Part of the configure step. */
  readonly files: Readonly<Record<string, string>>;
  /** Absolute path on the host to a local folder that is copied as it is. Part of the configure step. */
  readonly folders?: Readonly<Record<string, string>>;
  /** Absolute path on the host to a TypeScript entry point, bundled to one CommonJS file. Part of the configure step. */
  readonly programs?: Readonly<Record<string, string>>;
  /** Facts known only at apply (floating IP, server ids), one NAME=value line each. Tokens allowed, never secrets. */
  readonly facts?: Readonly<Record<string, string>>;
  /** Facts that the install step needs as well, e.g. where packages come from. Tokens allowed, never secrets. @default none */
  readonly installFacts?: Readonly<Record<string, string>>;
  /** Name to sensitive or ephemeral token; on the host /etc/platform/credentials/<name>, 0600 root. */
  readonly credentials?: Readonly<Record<string, string>>;
  /** Values whose change must provision again although no file changed, e.g. the hash of a certificate in `credentials`. No secrets. */
  readonly triggers?: Readonly<Record<string, string>>;
  /** Whether it has left its tier, and the next deploy may delete it. Its label tells so. @default false */
  readonly leaving?: boolean;
  /** Size in GB (10 to 10240) of a volume for data; the host finds it by the fact VOLUME_DEVICE, and grows its file system to VOLUME_GB. @default no volume */
  readonly dataVolumeGb?: number;
  /** Steps that must have succeeded before the first login, e.g. those that give private hosts a way in and out. @default none */
  readonly installAfter?: readonly ITerraformDependable[];
  /** Steps that must have succeeded before the configure step, e.g. that of the tier's previous server. @default none */
  readonly configureAfter?: readonly ITerraformDependable[];
}

/** A step of a deploy that runs on a host. */
export interface HostStep extends ITerraformDependable {
  /** One of its triggers, as Terraform refers to it: who uses that waits for the step. */
  trigger(name: string): string;
}

interface DataVolume {
  /** By these the host finds it, and grows its file system. */
  readonly facts: Readonly<Record<string, string>>;
  readonly attachment: VolumeAttachment;
}

/** `ServerStock` lets members go that have it. */
const LEAVING = { leaving: 'yes' };
const INSTALL_DIR = '/var/lib/platform/install';
const CONFIGURE_DIR = '/var/lib/platform/configure';
const NEW_HOST_KEY = '/var/lib/platform/new-host-key';
/** A name that no package makes a key for, so that there is never a second one. */
const HOST_KEY = '/etc/ssh/platform_host_key';
/**
 * Terraform makes the script of each step writable for everybody, and by itself puts it into /tmp. This folder of the login user is there
 * at the first login and closed to others (0700). One name for all: Terraform empties the file and leaves it there.
 */
const SCRIPT_PATH = './.ssh/platform-step.sh';
const HOST_KEY_CONFIG = '/etc/ssh/sshd_config.d/00-host-key.conf';

/**
 * One server, and how files reach it.
 *
 *   create ── install (packages, users; all servers at once) ── configure (files, reload; one after another)
 *
 * Both steps run again when, and only when, what they upload has changed. None of it ever replaces the server.
 */
export class ProvisionedServer extends Construct {
  readonly host: Host;
  readonly server: Server;
  /** What Hetzner is asked to deliver, for `ServerStock`. */
  readonly order: ServerOrder;
  /** Succeeds when the role's script has seen the host healthy. */
  readonly configured: ITerraformDependable;
  /** Token; undefined for a host without one. */
  readonly publicAddress?: string;

  private readonly props: ProvisionedServerProps;
  /** Undefined: keys are not pinned. */
  private readonly identity?: HostIdentity;

  constructor(scope: Construct, id: string, props: ProvisionedServerProps) {
    super(scope, id);
    this.props = props;
    this.host = props.host;
    const { bastionKey } = props.site;
    if (bastionKey) this.identity = new HostIdentity(this, 'identity', props.publicAddress ? bastionKey : undefined);
    const { site, host, serverType } = props;
    const location = site.locationOf(host);
    this.order = { name: `${site.namePrefix}${host.name}`, tier: host.tier, serverType, location };
    this.server = this.createServer();
    if (props.publicAddress) this.publicAddress = this.server.ipv4Address;
    const volume = this.createVolume();

    const identified = this.identify();
    const install = this.install(identified);
    this.configured = this.configure(install, volume);
  }

  /** Token: public host key, one line; undefined where keys are not pinned. */
  get publicHostKey(): string | undefined {
    return this.identity && publicKeyOf(this.identity.key);
  }

  /** What must have succeeded before the server is made, or its plan looked at. */
  after(step: ITerraformDependable): void {
    this.server.dependsOn = [...(this.server.dependsOn ?? []), asDependency(step)];
  }

  /** A command on this host, as a step of its own. */
  run(
    id: string,
    command: string,
    { triggers, after }: { triggers: Readonly<Record<string, string>>; after: readonly ITerraformDependable[] },
  ): HostStep {
    return new ProvisioningStep(this, id, {
      triggers: { server: this.server.id, ...triggers },
      connection: this.connection(),
      dependsOn: [this.configured, ...after],
      provisioners: [this.shell(command)],
    });
  }

  private createServer(): Server {
    const { site, host, publicAddress = false, leaving = false } = this.props;
    const { name, serverType, location } = this.order;
    // A type that is not known here may be newer than this project
    const problem = architectureOf(serverType) && serverTypeProblem('serverType', serverType, [location]);
    if (problem) throw new ConfigError(this, problem);
    const held = hold({
      name: host.name,
      attribute: 'server_type',
      wanted: serverType,
      remedy: resizing(TerraformStack.of(this).node.id, name),
    });
    return new Server(this, 'server', {
      name,
      serverType,
      image: site.image,
      location,
      labels: { ...site.labels(host.tier), ...(leaving && LEAVING) },
      sshKeys: [site.sshKey.id],
      userData: this.userData(),
      placementGroupId: Token.asNumber(site.placementGroup(host).id),
      deleteProtection: site.deleteProtection,
      rebuildProtection: site.deleteProtection,
      publicNet: [{ ipv4Enabled: publicAddress, ipv6Enabled: publicAddress }],
      // Inline, because a server without any interface cannot be powered on
      network: [{ networkId: Token.asNumber(site.network.id), ip: host.address, aliasIps: [] }],
      // A firewall filters public addresses only, and Hetzner refuses one for a server that has none
      ...(publicAddress && { firewallIds: [Token.asNumber(site.publicFirewall.id)] }),
      ignoreRemoteFirewallIds: true,
      dependsOn: [site.subnet(host.tier)],
      lifecycle: {
        // A new key or image must not replace servers; the alias addresses of load balancers are moved by their agent
        ignoreChanges: ['ssh_keys', 'user_data', 'image', ...(publicAddress ? ['network'] : []), ...held.ignoreChanges],
        postcondition: held.postcondition,
      },
    });
  }

  private createVolume(): DataVolume | undefined {
    const { site, host, dataVolumeGb: size } = this.props;
    if (size === undefined) return undefined;
    const location = site.locationOf(host);
    const remedy =
      `A deploy would delete the volume of ${host.name}, and its data with it. Volumes cannot move: leave the order of locations as it is. Or replace one member at a time, ` +
      `while all others are ONLINE (npx platform status): set mayDestroy: ['${host.name}'] and deploy, and it takes its data from the others; take the setting out, and go on with the next.`;
    const volume = new Volume(this, 'volume', {
      name: `${site.namePrefix}${host.name}-data`,
      size,
      format: 'ext4',
      location,
      labels: site.labels(host.tier),
      deleteProtection: site.deleteProtection,
      lifecycle: site.kept({ name: host.name, attribute: 'location', wanted: location, remedy }),
    });
    const attachment = new VolumeAttachment(this, 'volume-attachment', {
      serverId: Token.asNumber(this.server.id),
      volumeId: Token.asNumber(volume.id),
      automount: false,
    });
    return { facts: { VOLUME_DEVICE: volume.linuxDevice, VOLUME_GB: String(size) }, attachment };
  }

  /** What a server cannot learn by SSH, because it is about SSH. Undefined: nothing. */
  private userData(): string | undefined {
    const config = { ...this.props.site.loginCloudConfig, ...this.identity?.cloudConfig };
    // JSON is YAML
    return Object.keys(config).length === 0 ? undefined : `#cloud-config\n${Fn.jsonencode(config)}`;
  }

  /** Replaces the first host key: user data stays readable in the metadata service, so its key must not last. */
  private identify(): ProvisioningStep | undefined {
    if (!this.identity) return undefined;
    const { firstKey, key } = this.identity;
    const { sshUser, sshTimeoutSeconds, namePrefix } = this.props.site;
    return new ProvisioningStep(this, 'identify', {
      triggers: { server: this.server.id, hostKey: publicKeyOf(key) },
      connection: this.connection(firstKey),
      dependsOn: this.props.installAfter ?? [],
      provisioners: [
        remedy(`${namePrefix}${this.host.name}`, sshTimeoutSeconds),
        this.shell(`install -d -m 0700 -o ${sshUser} /var/lib/platform`, `install -m 0600 -o ${sshUser} /dev/null ${NEW_HOST_KEY}`),
        uploadText(key.privateKeyOpenssh, NEW_HOST_KEY),
        this.shell(
          `install -m 0600 ${NEW_HOST_KEY} ${HOST_KEY}`,
          `rm ${NEW_HOST_KEY}`,
          `ssh-keygen -y -f ${HOST_KEY} >${HOST_KEY}.pub`,
          `echo HostKey ${HOST_KEY} >${HOST_KEY_CONFIG}`,
          `/usr/sbin/sshd -t`,
          `rm -f /etc/ssh/ssh_host_*`,
          `systemctl reload ssh`,
        ),
      ],
    });
  }

  private install(identified?: ProvisioningStep): ProvisioningStep {
    const {
      role,
      site: { sshUser },
      installFacts,
    } = this.props;
    const tree = this.scripts();
    return new ProvisioningStep(this, 'install', {
      triggers: { server: this.server.id, content: tree.hash, ...(installFacts && { facts: installFacts }) },
      connection: this.connection(),
      dependsOn: identified ? [identified] : (this.props.installAfter ?? []),
      provisioners: [
        this.shell(
          `install -d -m 0700 -o ${sshUser} /var/lib/platform`,
          `rm -rf ${INSTALL_DIR}`,
          `install -d -m 0700 -o ${sshUser} ${INSTALL_DIR}`,
        ),
        upload(tree.asset(this, 'install-files'), INSTALL_DIR),
        ...(installFacts ? [uploadText(lines(installFacts), `${INSTALL_DIR}/install.env`)] : []),
        this.shell(`bash ${INSTALL_DIR}/host.sh install`, `bash ${INSTALL_DIR}/${role}.sh install`),
      ],
    });
  }

  private configure(install: ProvisioningStep, volume?: DataVolume): ProvisioningStep {
    const { role, site, credentials = {}, triggers = {} } = this.props;
    const tree = this.configureTree();
    const facts = { ...volume?.facts, ...this.props.installFacts, ...this.props.facts };
    return new ProvisioningStep(this, 'configure', {
      triggers: {
        server: this.server.id,
        content: tree.hash,
        facts,
        secretsRevision: site.secretsRevision,
        authorizedKeys: site.authorizedKeys,
        ...triggers,
      },
      connection: this.connection(),
      dependsOn: [install, ...(volume ? [volume.attachment] : []), ...(this.props.configureAfter ?? [])],
      provisioners: [
        this.shell(`rm -rf ${CONFIGURE_DIR}`, `install -d -m 0700 -o ${site.sshUser} ${CONFIGURE_DIR}`),
        upload(tree.asset(this, 'configure-files'), CONFIGURE_DIR),
        // Apart from what prints: Terraform hides all output of a provisioner that holds a sensitive value
        uploadText(
          packed({ ...within('facts', facts), authorized_keys: site.authorizedKeys, ...within('credentials', credentials) }),
          `${CONFIGURE_DIR}/values`,
        ),
        this.shell(`bash ${CONFIGURE_DIR}/host.sh configure`, `bash ${CONFIGURE_DIR}/${role}.sh configure`),
      ],
    });
  }

  private configureTree(): UploadTree {
    const { site, host, peers = [], files, folders = {}, programs = {} } = this.props;
    const tree = this.scripts();
    for (const [path, text] of Object.entries({ ...site.hostFiles(host, peers), ...files })) tree.text(`files${path}`, text);
    for (const [path, folder] of Object.entries(folders)) tree.folder(`files${path}`, projectPath(folder));
    for (const [path, entryPoint] of Object.entries(programs)) tree.text(`files${path}`, bundleProgram(entryPoint));
    return tree;
  }

  /** The role's scripts, and what a host must know about itself before anything else can work. */
  private scripts(): UploadTree {
    const { role, host, site } = this.props;
    const facts = {
      HOST_NAME: host.name,
      LOGIN_USER: site.sshUser,
      TIER: host.tier,
      SECURITY_UPDATES: site.securityUpdates ? 'yes' : 'no',
      PRIVATE_ADDRESS: host.address,
      PRIVATE_NETWORK: site.plan.networkRange,
      NETWORK_GATEWAY: site.plan.gateway,
      NAT_GATEWAY: site.plan.natGateway,
      RESOLVERS: site.resolvers.join(','),
    };
    return roleScripts(role).text('host.env', lines(facts));
  }

  /** @param firstKey a public key that the host may have instead of its lasting one */
  private connection(firstKey?: string): SSHProvisionerConnection {
    const {
      host,
      site: { sshUser: user, sshPrivateKey: privateKey, sshTimeoutSeconds, floatingIp },
    } = this.props;
    const throughPair = { bastionHost: floatingIp.ipAddress, bastionUser: user, bastionPrivateKey: privateKey };
    const address = this.publicAddress ?? host.address;
    return {
      type: 'ssh',
      user,
      privateKey,
      scriptPath: SCRIPT_PATH,
      timeout: `${sshTimeoutSeconds}s`,
      host: address,
      ...(!this.publicAddress && throughPair),
      ...this.expectedKeys(address, firstKey),
    };
  }

  /** Empty where keys are not pinned. */
  private expectedKeys(address: string, firstKey?: string): Pick<SSHProvisionerConnection, 'hostKey' | 'bastionHostKey'> {
    const { bastionKey, floatingIp } = this.props.site;
    const lasting = this.publicHostKey;
    if (!lasting || !bastionKey) return {};
    const ownToo = firstKey ? [{ address, key: lasting }] : [];
    if (this.publicAddress) return { hostKey: knownBy(firstKey ?? lasting, ownToo) };
    const bastionHostKey = publicKeyOf(bastionKey);
    return { hostKey: knownBy(firstKey ?? lasting, [...ownToo, { address: floatingIp.ipAddress, key: bastionHostKey }]), bastionHostKey };
  }

  /** Commands as root in one shell that stops at the first failure; Terraform's own would go on. */
  private shell(...commands: string[]): RemoteExecProvisioner {
    const { sshUser } = this.props.site;
    if (sshUser === 'root') return { type: 'remote-exec', inline: ['set -eu', ...commands] };
    // The one variable tells with which key the session was opened
    return {
      type: 'remote-exec',
      inline: [`sudo --non-interactive --preserve-env=SSH_USER_AUTH sh -eu -c '${commands.join('\n').replaceAll("'", `'\\''`)}'`],
    };
  }
}

function lines(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

const within = (folder: string, values: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${folder}/${name}`, value]));

/** A line each: name and base64. One file, since Terraform logs in anew for each that it uploads; provisioning/host.sh unpacks it. */
function packed(values: Readonly<Record<string, string>>): string {
  const base64 = (value: string) => (Token.isUnresolved(value) ? Fn.base64encode(value) : Buffer.from(value).toString('base64'));
  return Object.entries(values)
    .map(([name, value]) => `${name} ${base64(value)}\n`)
    .join('');
}

/**
 * Printed before the first login, because nothing can be printed once it has failed: Terraform then names this step and a timeout.
 * By `echo` of whatever shell there is, hence no quotes in it.
 */
function remedy(server: string, seconds: number): LocalExecProvisioner {
  const text =
    `first login to ${server}. If it fails after ${seconds} s with a timeout or a key mismatch, the server found no metadata at its first boot, ` +
    `and so neither SSH key nor user data. Delete it (hcloud server delete ${server}) and deploy again; volumes stay`;
  return { type: 'local-exec', command: `echo "${text}"` };
}

/** @param name of the server. Why in this way: docs/decisions/0013-a-deploy-resizes-nothing.md. */
const resizing = (environment: string, name: string): string =>
  'A deploy would cut the power of all servers of the tier at the same time. Resize them one after another, each out of service first: ' +
  `npx platform resize -e ${environment}. One that has never served may be deleted instead (hcloud server delete ${name}); deploy again then.`;

function upload(folder: string, destination: string): FileProvisioner {
  return { type: 'file', source: `${folder}/`, destination };
}

function uploadText(content: string, destination: string): FileProvisioner {
  return { type: 'file', content, destination };
}
