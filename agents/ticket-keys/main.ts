import { credential, fact } from '../common/config';
import { messageOf } from '../common/errors';
import { askPeer } from '../common/peer';
import { tellHaproxy } from './haproxy';
import { look } from './look';

/** One look by ticket-keys.timer. */
async function main(): Promise<void> {
  const [identity, authority] = [await credential('pair-certificate'), await credential('pair-ca')];
  await look({
    folder: fact('RUNTIME_DIRECTORY'),
    now: Date.now,
    askPeer: () => askPeer({ url: fact('PEER_TICKET_KEYS_URL'), identity, authority }),
    tellHaproxy: (commands) => tellHaproxy('/run/haproxy/admin.sock', commands),
  });
}

main().catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
});
