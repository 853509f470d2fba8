import { Argument, Command } from 'commander';
import { openLab, type Lab } from '../lab';
import { nextRevision, renewSecret, renewSshKey, ROTATABLE_SECRETS, type RotatableSecret } from '../machines/secrets';

/** Project or account of the token, and its name there. */
const TOKENS = {
  'hcloud-token': { api: 'hetzner', name: 'terraform' },
  'failover-token': { api: 'hetzner', name: 'failover' },
  'cloudflare-token': { api: 'cloudflare', name: 'terraform' },
} as const;
type TokenSecret = keyof typeof TOKENS;

const isToken = (name: string): name is TokenSecret => Object.hasOwn(TOKENS, name);

/** The change that an operator makes before a deploy: see docs/rotation.md. */
export function rotateCommand(): Command {
  return new Command('rotate')
    .description(
      'give secrets another value; the next deploy brings it to the servers. Former tokens are valid until they are revoked, the SSH key takes two turns',
    )
    .addArgument(new Argument('<secret...>').choices([...ROTATABLE_SECRETS, 'ssh-key', 'tls-keys']))
    .action(async (names: readonly (RotatableSecret | 'ssh-key' | 'tls-keys')[]) => {
      const lab = await openLab();
      for (const name of names) console.log(await rotate(lab, name));
      console.log('bring it to the servers with: npx lab deploy');
    });
}

export function revokeCommand(): Command {
  return new Command('revoke')
    .description('end the validity of the former value of a token, as in the console of Hetzner or Cloudflare')
    .addArgument(new Argument('<token>').choices(Object.keys(TOKENS)))
    .action(async (name: TokenSecret) => (await openLab()).revokeToken(formerOf(name), TOKENS[name].api));
}

/** Returns what has been done. */
async function rotate(lab: Lab, name: RotatableSecret | 'ssh-key' | 'tls-keys'): Promise<string> {
  if (name === 'ssh-key') {
    const done = await renewSshKey(lab.paths);
    return done === 'made'
      ? 'ssh-key: another one is made and will be allowed, too; after the deploy do this once more'
      : 'ssh-key: the other one is in its place; the deploy ends the former';
  }
  if (name === 'tls-keys') await nextRevision(lab.paths, 'keys');
  else await renew(lab, name);
  return `${name} has another value`;
}

async function renew(lab: Lab, name: RotatableSecret): Promise<void> {
  const { former, value } = await renewSecret(lab.paths, name);
  await nextRevision(lab.paths, 'secrets');
  if (!isToken(name)) return;
  // Both are valid, so that the former one works until the deploy
  const { api, name: called } = TOKENS[name];
  await lab.allowToken(formerOf(name), former, api);
  await lab.allowToken(called, value, api);
}

const formerOf = (name: TokenSecret): string => `${TOKENS[name].name}-former`;
