/** The hosts' systemd units and data folders. */
export const UNITS = {
  haproxy: 'haproxy.service',
  keepalived: 'keepalived.service',
  floatingIpAgent: 'floating-ip-agent.service',
  nginx: 'nginx.service',
  app: 'app.service',
  mysql: 'mysql.service',
  memberAgent: 'mysql-member.service',
} as const;

export const DATA_FOLDER = '/srv/mysql/data';
export const DUMPS = '/srv/mysql/member/errant';
