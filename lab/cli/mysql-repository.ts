import { Argument, Command } from 'commander';
import { labPaths } from '../machines/paths';
import { MYSQL_KEYS, offerMysql, setMysqlKeys, type MysqlKeys } from '../machines/mysql-repository/repository';

/** Changes https://repo.mysql.com/ as the lab serves it. */
export function mysqlRepositoryCommand(): Command {
  const command = new Command('mysql-repository').description("change MySQL's apt repository, as machines see it");
  command
    .command('keys')
    .description(
      'renewed, as at Oracle: one key file expired, the next one good; or expired, all of them; or foreign, another key that has signed, too',
    )
    .addArgument(new Argument('<state>').choices(MYSQL_KEYS))
    .action((state: MysqlKeys) => setMysqlKeys(labPaths(), state));
  command
    .command('offer')
    .description('the same MySQL once more, in packages of another version')
    .argument('<version>', 'such as 9.7.5-1debian13')
    .action((version: string) => offerMysql(labPaths(), version));
  return command;
}
