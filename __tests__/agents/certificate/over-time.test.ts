import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { look, type Surroundings } from '../../../agents/certificate/look';
import { leftBehind } from '../../helpers/left-behind';
import { listening } from '../../helpers/ports';
import { DIRECTORY, obtained, pems } from './certificates';

const LOOKS = 200;

/** One load balancer of the pair, and what the other one shows. */
async function pair(): Promise<{ surroundings: Surroundings; folder: string; count: { asked: number; obtained: number } }> {
  const count = { asked: 0, obtained: 0 };
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'));
  const { chain, key } = pems({ domains: ['lb-2'], addresses: ['127.0.0.1'], from: Date.now() - 1_000 });
  const shown = obtained({ from: Date.now() - 1_000 }).text;
  const server = createServer({ key, cert: chain, ca: chain, requestCert: true }, (_, response) => {
    count.asked += 1;
    response.end(shown);
  });
  const port = await listening(server);
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  });
  writeFileSync(join(folder, 'holds'), '1\n');
  const surroundings: Surroundings = {
    config: {
      domains: ['www.example.test'],
      directoryUrl: DIRECTORY,
      responder: { address: '127.0.0.1', port: 1 },
      peerName: 'lb-2',
      peerCertificateUrl: `https://127.0.0.1:${port}/obtained.pem`,
    },
    stateFolder: folder,
    holdsFloatingIpFile: join(folder, 'holds'),
    identity: { identity: `${chain}${key}`, authority: chain },
    obtain: () => Promise.reject(new Error(`attempt ${(count.obtained += 1)}`)),
    say: () => undefined,
  };
  return { surroundings, folder, count };
}

// In production each look is a process of its own: what it leaves behind there are files
test(
  'looks at the other load balancer, takes of its certificate and attempts that fail leave nothing behind',
  { timeout: 240_000 },
  async () => {
    const { surroundings, folder, count } = await pair();
    const left = await leftBehind(LOOKS, async (looks) => {
      for (let n = 0; n < looks; n += 1) {
        // Takes it anew. Every other time a person also asks for a new one
        rmSync(join(folder, 'obtained.pem'), { force: true });
        if (n % 2 === 0) writeFileSync(join(folder, 'renew-now'), '');
        await look(surroundings).catch((error: unknown) => expect(String(error)).toMatch(/attempt/));
      }
    });
    expect(count).toEqual({ asked: 4 * LOOKS, obtained: 2 * LOOKS });
    expect(readdirSync(folder).sort()).toEqual(['attempts.json', 'holds', 'obtained.pem']);
    expect(left.warnings).toEqual([]);
    expect(left.descriptors).toBeLessThan(0.1);
    expect(left.resources).toBeLessThan(0.1);
    // Code that is compiled meanwhile takes some 200
    expect(left.heapBytes).toBeLessThan(1_000);
  },
);
