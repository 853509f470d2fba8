/** An apt repository with MySQL's packages: keys at `<url>/RPM-GPG-KEY-mysql-<year>`, packages below `<url>/apt`. */
export interface MySqlRepository {
  readonly url: string;
  /** 40 hexadecimal digits. No other key counts there. */
  readonly keyFingerprint: string;
}

/** https://dev.mysql.com/doc/refman/9.7/en/checking-gpg-signature.html */
export const ORACLES_REPOSITORY: MySqlRepository = {
  url: 'https://repo.mysql.com',
  keyFingerprint: 'BCA43417C3B485DD128EC6D4B7B3B788A8D3785C',
};
