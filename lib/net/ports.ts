/** Every port of the platform. A port number anywhere else is a mistake. */
export const PORTS = {
  lb: { ssh: 22, http: 80, https: 443, metrics: 8404, floatingIpAgent: 9101, acmeChallenge: 8402, pair: 8403, updates: 9102 },
  web: { ssh: 22, http: 80, updates: 9102 },
  /** `databasePrimary` and `databaseReaders` listen on loopback only. */
  app: { ssh: 22, http: 3000, databasePrimary: 3306, databaseReaders: 3307, metrics: 8404, updates: 9102 },
  mysql: { ssh: 22, sql: 3306, memberHealth: 9200, updates: 9102 },
  /** Ports of others that our hosts use. */
  internet: { dns: 53, http: 80, ntp: 123, https: 443 },
} as const;
