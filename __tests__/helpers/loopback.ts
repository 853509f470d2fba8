/** What tests and benchmarks need to run the real programs on loopback. */
import { userInfo } from 'node:os';
import { join } from 'node:path';

/** As Debian has them; HAPROXY and NGINX name others, such as those of the images that servers are made from. */
export const HAPROXY = process.env['HAPROXY'] ?? '/usr/sbin/haproxy';
export const NGINX = process.env['NGINX'] ?? '/usr/sbin/nginx';

/** The rendered haproxy.cfg, word for word but for its folders and users. */
export function haproxyOnLoopback(rendered: string, folder: string): string {
  return rendered
    .replaceAll('/run/haproxy/admin.sock', join(folder, 'admin.sock'))
    .replace(/^ {2}(chroot|user|group) .*\n/gm, '')
    .replace('user root group root ', '');
}

/** The rendered nginx.conf, word for word but for its folders and its user. */
export function nginxOnLoopback(rendered: string, folder: string): string {
  return rendered
    .replaceAll('/run/nginx/', `${folder}/run/`)
    .replaceAll('/var/log/nginx/', `${folder}/log/`)
    .replace('user www-data;', `user ${userInfo().username};`);
}
