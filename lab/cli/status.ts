import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Entrance, Lab, LabMachine } from '../lab';
import { runPlatform } from './platform';

/** `npx platform status`, and what only a lab has: ways in from this machine, and what to break next. Resolves to the exit code of the former. */
export async function showStatus(lab: Lab, asJson: boolean): Promise<number> {
  const machines = await lab.machines();
  if (asJson) return runPlatform(lab, ['status', '--json']);
  if (machines.length === 0) {
    process.stdout.write('The lab is up and empty. Deploy to it with: npx lab deploy\n');
    return 0;
  }
  const code = await runPlatform(lab, ['status']);
  const [{ by, address }, { floatingIp }] = await Promise.all([lab.entrance(), lab.addressHolders()]);
  const port = await readFile(join(lab.paths.state, 'port'), 'utf8').catch(() => null);
  process.stdout.write(`${['', ...reachLines(lab, { by, address }, port), '', ...suggestions(machines, floatingIp)].join('\n')}\n`);
  return code;
}

/** The port on loopback leads to where the name leads. */
function reachLines(lab: Lab, { by, address }: Pick<Entrance, 'by' | 'address'>, port: string | null): string[] {
  const proxied = by === 'Cloudflare' ? [`Cloudflare   ${address}: visitors come this way, not to the floating IP`] : [];
  if (port === null) return proxied;
  const certificate = by === 'Cloudflare' ? lab.paths.edgeRoot : join(lab.paths.state, 'ca.pem');
  const trust = existsSync(certificate) ? `--cacert ${relative(process.cwd(), certificate)}` : '--insecure';
  return [
    ...proxied,
    `curl         curl ${trust} --resolve ${lab.domain}:${port}:127.0.0.1 https://${lab.domain}:${port}/`,
    `inside       npx lab exec curl ${trust} --resolve ${lab.domain}:443:${address} ${lab.url}`,
    `browser      https://127.0.0.1:${port}/ (the certificate is for ${lab.domain})`,
  ];
}

/** @param floatingIpHolder who has the address, as the API has it */
export function suggestions(machines: readonly Pick<LabMachine, 'name' | 'running'>[], floatingIpHolder: string | null): string[] {
  const off = machines.find(({ running }) => !running);
  const lines = off
    ? [`npx lab power-on ${off.name}`, 'npx lab status']
    : [
        ...(floatingIpHolder ? [`power off ${floatingIpHolder}: npx lab power-off ${floatingIpHolder}, then npx lab status`] : []),
        'hand the PRIMARY over: npx lab exec -- npx platform switchover mysql',
        'log in: npx lab ssh web-1',
        'break a link: npx lab cut lb-1 --link private; mend all: npx lab heal',
      ];
  return ['Try next:', ...lines.map((line) => `  ${line}`)];
}
