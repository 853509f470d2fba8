import { createPrivateKey } from 'node:crypto';
import { parsePublicKey, publicHalf } from '../../ssh-keys';
import { isAddressForTokens } from '../../../lib/net/checks';
import type { Facts } from '../facts';
import { findings, type Finding } from '../finding';

const { fine, wrong } = findings('variables');

/** What is wrong with a value, and what to do. Never with the value itself: it may be a secret. */
type Fault = readonly [says: string, remedy: string];

/** Undefined: well-formed. Variables that are not named here may be any text. */
const FORMS: Readonly<Record<string, (value: string, given: Facts['given']) => Fault | undefined>> = {
  hcloud_token: hetznerToken,
  failover_token: hetznerToken,
  hcloud_endpoint: (value) =>
    isAddressForTokens(value) && /^https?:\/\/[^/]+\/v1\/?$/.test(value)
      ? undefined
      : ['is not an https URL that ends in /v1', "leave it out for Hetzner's own API"],
  cloudflare_base_url: (value) =>
    isAddressForTokens(value) ? undefined : ['is not an https URL', "leave it out for Cloudflare's own API"],
  cloudflare_token: (value) =>
    /^[A-Za-z0-9_-]{40,}$/.test(value)
      ? undefined
      : ['is not an API token of Cloudflare: 40 letters, digits, hyphens and underscores', 'copy it anew; a global API key is no token'],
  ssh_public_key: publicKey,
  ssh_additional_public_keys: (value) => {
    const bad = value.split('\n').findIndex((line) => line.trim() !== '' && !isPublicKey(line));
    return bad === -1 ? undefined : [`line ${bad + 1} is not a public key`, 'give public keys as in .pub files, one a line'];
  },
  ssh_private_key: privateKey,
  mysql_admin_password: password,
  mysql_app_password: password,
  mysql_replication_password: (value) => password(value) ?? tooLong(value),
  certificate_private_key: (value) => {
    try {
      createPrivateKey(value);
      return undefined;
    } catch {
      return ['is not a private key in PEM without a passphrase', 'give the text of the file that certificate.privateKeyFile names'];
    }
  },
};

/** All variables of a deploy are there, and what they have to be. */
export function checkVariables({ environment: { variables }, given }: Pick<Facts, 'environment' | 'given'>): Finding[] {
  const missing = variables.filter(({ name, default: absent }) => absent === undefined && !given[name]);
  const faults = variables.flatMap(({ name }) => {
    const value = given[name];
    const fault = value ? FORMS[name]?.(value, given) : undefined;
    return fault ? [wrong(`TF_VAR_${name} ${fault[0]}`, fault[1])] : [];
  });
  const names = missing.map(({ name }) => `TF_VAR_${name}`).join(', ');
  const found = [...(names ? [wrong(`not set: ${names}`, 'export them; README, "Deploy to Hetzner", says what they are')] : []), ...faults];
  return found.length > 0 ? found : [fine(`all ${variables.length} are given or have a default, and are well-formed`)];
}

function hetznerToken(value: string): Fault | undefined {
  if (/^[A-Za-z0-9]{64}$/.test(value)) return undefined;
  const remedy = 'copy it anew: Hetzner shows a token once, when it is made';
  return value.trim() === value
    ? [`has ${value.length} characters, and a token of Hetzner 64 letters and digits`, remedy]
    : ['begins or ends with a blank or a line end', remedy];
}

/** The checks that lib/servers/variables.ts gives Terraform, and whether the key is whole. */
function isPublicKey(line: string): boolean {
  const key = parsePublicKey(line);
  return key !== undefined && /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp\d+|sk-[a-z0-9@.-]+)$/.test(key.type);
}

function publicKey(value: string): Fault | undefined {
  return isPublicKey(value)
    ? undefined
    : ['is not one public key as in a .pub file', 'export TF_VAR_ssh_public_key="$(cat ~/.ssh/id_ed25519.pub)"'];
}

function privateKey(value: string, given: Facts['given']): Fault | undefined {
  const remedy = 'make a pair of its own for deploys: ssh-keygen -t ed25519 -N "" -f deploy-key';
  const half = publicHalf(value);
  if (half === 'encrypted') return ['has a passphrase, and Terraform cannot ask for it', remedy];
  if (half === 'unreadable') return ['is no private key', 'export TF_VAR_ssh_private_key="$(cat ~/.ssh/id_ed25519)"'];
  const stated = parsePublicKey(given['ssh_public_key'] ?? '');
  return !stated || stated.blob.equals(half)
    ? undefined
    : ['is not the key of TF_VAR_ssh_public_key', `give both files of one pair, or ${remedy}`];
}

/** START GROUP_REPLICATION refuses a longer one: ER_GROUP_REPLICATION_PASSWORD_LENGTH. */
function tooLong(value: string): Fault | undefined {
  const bytes = Buffer.byteLength(value);
  return bytes > 32 ? [`has ${bytes} bytes, and Group Replication takes 32 at most`, 'give it a shorter one'] : undefined;
}

/** Hosts trim what they read from files. */
function password(value: string): Fault | undefined {
  if (/[\n\r]/.test(value)) return ['has a line end in it', 'give it one line'];
  return value.trim() === value ? undefined : ['begins or ends with a blank, which servers cut off', 'take another one'];
}
