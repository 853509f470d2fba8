/** What a deploy leaves on a host, and runs there. */
const FOLDER = '/var/lib/platform/configure';

/** Where the new version of the host's file lies. */
export function uploaded(file: string): string {
  return `${FOLDER}/files${file}`;
}

/** Shell: the configure step of a role's script, e.g. `load-balancer` of provisioning/load-balancer.sh. */
export function configure(role: string): string {
  return `bash ${FOLDER}/${role}.sh configure`;
}
