import { Fn, TerraformVariable, type Precondition, type TerraformStack } from 'cdktf';
import { ADDRESS_FOR_TOKENS } from '../net/checks';
import { ORACLES_REPOSITORY, type MySqlRepository } from './mysql-repository';

interface VariableOptions {
  readonly description: string;
  readonly default?: string;
  /** What the value has to be, checked before anything is changed. */
  readonly check?: { readonly condition: string; readonly message: string };
  /** Neither in the state nor in a saved plan; usable in provisioners and providers only. */
  readonly secret?: boolean;
  /** No secret, but Terraform is not to print it: it may be one by mistake. */
  readonly hidden?: boolean;
}

/** What is not known at synth, or must not be written down: given as TF_VAR_<name>, or as workspace variables. */
export class PlatformVariables {
  readonly hcloudToken: string;
  readonly hcloudEndpoint: string;
  readonly failoverToken: string;
  readonly secretsRevision: string;
  readonly keysRevision: string;
  readonly sshPublicKey: string;
  readonly sshAdditionalPublicKeys: string;
  /** What the public keys have to be, for a resource that all who get them depend on. */
  readonly sshKeyChecks: readonly Precondition[];
  readonly sshPrivateKey: string;
  readonly mysqlAdminPassword: string;
  readonly mysqlReplicationPassword: string;
  readonly mysqlAppPassword: string;
  readonly mysqlRepository: MySqlRepository;

  constructor(stack: TerraformStack) {
    const text = (name: string, description: string, options?: Pick<VariableOptions, 'default' | 'check'>) =>
      variable(stack, name, { description, ...options });
    const publicKeys = (name: string, description: string, absent?: string): string =>
      Fn.nonsensitive(variable(stack, name, { description, default: absent, hidden: true })) as string;
    const secret = (name: string, description: string) => variable(stack, name, { description, secret: true });

    this.hcloudToken = secret('hcloud_token', 'Token of the Hetzner Cloud project, read and write');
    this.hcloudEndpoint = text('hcloud_endpoint', "Base URL of Hetzner's API, for Terraform and for the load balancers", {
      default: 'https://api.hetzner.cloud/v1',
      check: addressForTokens('hcloud_endpoint', 'http://127.0.0.1:8080/v1'),
    });
    this.failoverToken = secret(
      'failover_token',
      'Token with which the load balancers move the floating IP, read and write; best one of its own',
    );
    this.secretsRevision = text(
      'secrets_revision',
      'Any text; another one brings changed secrets to the servers, which leave no trace that Terraform could compare',
      {
        default: '',
      },
    );
    this.keysRevision = text('keys_revision', 'Any text; another one makes new TLS keys and certificates, all but those of CAs', {
      default: '',
    });
    this.sshPublicKey = publicKeys('ssh_public_key', 'Public key of who logs in to the servers');
    this.sshPrivateKey = secret('ssh_private_key', 'Its private key; provisioning logs in with it');
    this.sshAdditionalPublicKeys = publicKeys(
      'ssh_additional_public_keys',
      'Further public keys, one a line: those of people, and the next one during a rotation',
      '',
    );
    this.sshKeyChecks = SSH_KEY_CHECKS;
    this.mysqlAdminPassword = secret('mysql_admin_password', 'MySQL account for people');
    this.mysqlReplicationPassword = secret('mysql_replication_password', 'MySQL account of the group members among themselves');
    this.mysqlAppPassword = secret('mysql_app_password', 'MySQL account of the application');
    this.mysqlRepository = mysqlRepository(text);
  }
}

type Text = (name: string, description: string, options: Pick<VariableOptions, 'default' | 'check'>) => string;

function mysqlRepository(text: Text): MySqlRepository {
  return {
    url: text('mysql_repository_url', "Where MySQL's packages come from: Oracle's repo.mysql.com, or a mirror with the same paths", {
      default: ORACLES_REPOSITORY.url,
      check: {
        condition: '${can(regex("^https?://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~/-]*[A-Za-z0-9._~-])?$", var.mysql_repository_url))}',
        message: 'mysql_repository_url has to be an http or https URL without a slash at its end.',
      },
    }),
    keyFingerprint: text(
      'mysql_repository_key_fingerprint',
      'Fingerprint of the key that signs there: that of MySQL Release Engineering, or that of a mirror with a key of its own',
      {
        default: ORACLES_REPOSITORY.keyFingerprint,
        check: {
          condition: '${can(regex("^[0-9A-Fa-f]{40}$", var.mysql_repository_key_fingerprint))}',
          message: 'mysql_repository_key_fingerprint has to be 40 hexadecimal digits without spaces.',
        },
      },
    ),
  };
}

/** What the variable of this name has to be: the address of an API to which a token goes. `example` is one without TLS. */
export function addressForTokens(name: string, example: string): NonNullable<VariableOptions['check']> {
  return {
    condition: `\${can(regex("${ADDRESS_FOR_TOKENS.replaceAll('\\', '\\\\')}", var.${name}))}`,
    message: `${name} has to be an https URL, since tokens go there; http is for this machine alone, as in ${example}.`,
  };
}

/** Token of a variable that goes by exactly this name, whatever construct asks for it. */
export function variable(stack: TerraformStack, name: string, options: VariableOptions): string {
  const { description, secret = false, hidden = secret } = options;
  const declared = new TerraformVariable(stack, name, {
    type: 'string',
    description,
    default: options.default,
    sensitive: hidden || undefined,
  });
  if (options.check) declared.addValidation({ condition: options.check.condition, errorMessage: options.check.message });
  // cdktf 0.21 has no property for it
  if (secret) declared.addOverride('ephemeral', true);
  return declared.stringValue;
}

/** Terraform's words for: sshd will be able to read it. */
function isPublicKey(value: string): string {
  return `can(regex("^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp[0-9]+|sk-[a-z0-9@.-]+) [A-Za-z0-9+/]+=*( .*)?$", trimspace(${value})))`;
}

// No validations of the variables: those print what they refuse, even if it is sensitive, and it may well be a private key
const SSH_KEY_CHECKS: readonly Precondition[] = [
  {
    condition: `\${${isPublicKey('var.ssh_public_key')}}`,
    errorMessage: 'ssh_public_key has to be one public key, as in a .pub file.',
  },
  {
    condition: `\${alltrue([for line in split("\\n", var.ssh_additional_public_keys) : trimspace(line) == "" || ${isPublicKey('line')}])}`,
    errorMessage: 'ssh_additional_public_keys have to be public keys as in .pub files, one a line.',
  },
];
