import type { Problem } from '../errors';
import { architectureOf } from '../hetzner/server-types';

/** Release series with long-term support: components `mysql-<series>-lts` of MySQL's apt repository. */
export const MYSQL_SERIES = ['8.4', '9.7'] as const;
/** One of {@link MYSQL_SERIES}. */
export type MySqlSeries = (typeof MYSQL_SERIES)[number];

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

/** @param path of the props, e.g. `mysql.` */
export function mysqlPackagesProblems(
  { series = '9.7', serverType = 'cx23' }: { readonly series?: string; readonly serverType?: string },
  path = '',
): Problem[] {
  const problems: Problem[] = [];
  if (!MYSQL_SERIES.some((known) => known === series)) {
    problems.push({
      code: 'mysql-series',
      prop: `${path}series`,
      got: series,
      want: `one of ${MYSQL_SERIES.join(', ')}`,
      fix: 'leave it out for 9.7, but keep what members already have',
    });
  }
  if (architectureOf(serverType) === 'arm') {
    problems.push({
      code: 'mysql-architecture',
      prop: `${path}serverType`,
      got: serverType,
      want: 'an x86 type, e.g. cx23 or ccx13',
      fix: "MySQL's apt repository has no packages for Arm; the other tiers may be Arm",
    });
  }
  return problems;
}
