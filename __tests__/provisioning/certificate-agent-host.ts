import { execa } from 'execa';

/** Parts of a load balancer in a mount namespace of its own, on which somebody has taken over the user of the certificate agent. */
export const AGENT = 4321;

/** A line of /etc/passwd. */
export const AGENT_ACCOUNT = `certificate-agent:x:${AGENT}:${AGENT}::/nonexistent:/usr/sbin/nologin`;

/** Runs a command as the agent's user. */
export const AS_AGENT = `as_agent() { setpriv --reuid=${AGENT} --regid=${AGENT} --clear-groups "$@"; }`;

/** Reads both files that come from the agent, when HAProxy checks it. */
export const HAPROXY_CONFIG = `\
defaults
  mode http
  timeout connect 1s
  timeout client 1s
  timeout server 1s
frontend site
  bind 127.0.0.1:18443 ssl crt "\${HAPROXY_FILES}/site.pem"
  http-request return status 200 content-type text/plain file "\${HAPROXY_FILES}/obtained.pem"
`;

/** What the script prints, which sees these variables and HAPROXY_CONFIG. Mounts and processes of it end with it. */
export async function onHost(script: string, variables: Readonly<Record<string, string>>, timeout: number): Promise<string> {
  const env = { PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, HAPROXY_CONFIG, ...variables };
  const { stdout } = await execa('unshare', ['--mount', '--pid', '--fork', '--kill-child', 'bash', '-c', script], { env, timeout });
  return stdout;
}
