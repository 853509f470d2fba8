/** Files that a deploy puts on a host, and commands that it runs there. */
const FOLDER = '/var/lib/platform/configure';

/** Path of the uploaded version of a host's file. */
export function uploaded(file: string): string {
  return `${FOLDER}/files${file}`;
}

/** Shell: the configure step of a role's script, e.g. `load-balancer` of provisioning/load-balancer.sh. */
export function configure(role: string): string {
  return `bash ${FOLDER}/${role}.sh configure`;
}
