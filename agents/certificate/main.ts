import { credential, fact, readConfig } from '../common/config';
import { messageOf } from '../common/errors';
import { obtain } from './acme-client';
import { CONFIG_FILE, isCertificateAgentFile } from './config';
import { look } from './look';

/** One look by certificate-agent.timer. */
async function main(): Promise<void> {
  const config = readConfig(CONFIG_FILE, isCertificateAgentFile);
  await look({
    config,
    stateFolder: fact('STATE_DIRECTORY'),
    holdsFloatingIpFile: '/run/floating-ip-agent/holds-floating-ip',
    identity: { identity: await credential('pair-certificate'), authority: await credential('pair-ca') },
    obtain: (folder) => obtain(config, folder),
    // The journal adds time and host
    say: (line) => process.stdout.write(`${line}\n`),
  });
}

main().catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
});
