import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { throughMirror } from '../../names/through-mirror';
import { run } from '../command';
import type { Progress } from '../image';
import { REPOSITORY, type LabPaths } from '../paths';

const RECIPE = join(REPOSITORY, 'lab', 'machines', 'mysql-repository');

/** The keys in the key files at https://repo.mysql.com/, and the one that signs: see site.sh. */
export const MYSQL_KEYS = ['renewed', 'expired', 'foreign'] as const;
export type MysqlKeys = (typeof MYSQL_KEYS)[number];

/** https://repo.mysql.com/ as machines see it, with keys of this lab. Its packages are made once and shared by all labs. */
export async function publishMysql(paths: LabPaths, progress: Progress): Promise<void> {
  const packages = await ensurePackages(paths, progress);
  await mkdir(folderOf(paths), { recursive: true });
  await site(['publish', folderOf(paths), packages]);
}

export async function removeMysql(paths: LabPaths): Promise<void> {
  await rm(folderOf(paths), { recursive: true, force: true });
}

export async function setMysqlKeys(paths: LabPaths, keys: MysqlKeys): Promise<void> {
  await site(['keys', folderOf(paths), keys]);
}

/** The same programs once more, in packages of another version. */
export async function offerMysql(paths: LabPaths, version: string): Promise<void> {
  await site(['offer', folderOf(paths), version]);
}

/** Version of the packages as they were made. */
export async function mysqlVersion(paths: LabPaths): Promise<string> {
  const name = (await readdir(await packagesFolder(paths))).find((file) => file.startsWith('mysql-server_'));
  return name?.split('_')[1] ?? '';
}

/** Of the key that stands for Oracle's. */
export function mysqlKeyFingerprint(paths: LabPaths): string {
  return readFileSync(join(folderOf(paths), 'fingerprint'), 'utf8').trim();
}

const folderOf = (paths: LabPaths): string => dirname(paths.mysqlRepository);
const site = (args: readonly string[]): Promise<string> => run([join(RECIPE, 'site.sh'), ...args]);

async function ensurePackages(paths: LabPaths, progress: Progress): Promise<string> {
  const packages = await packagesFolder(paths);
  if (existsSync(packages)) return packages;
  progress("MySQL's packages");
  const unfinished = `${packages}.${process.pid}.unfinished`;
  await mkdir(unfinished, { recursive: true });
  try {
    await throughMirror(paths, (proxy) => run(['env', `LAB_PROXY=${proxy}`, join(RECIPE, 'repack.sh'), unfinished]));
    // Another lab may have been faster
    await rename(unfinished, packages).catch((error: unknown) => {
      if (!existsSync(packages)) throw error;
    });
    await removeOthers(packages);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return packages;
}

/** Packages of earlier recipes. Labs that offer them have links of their own. */
async function removeOthers(current: string): Promise<void> {
  for (const name of await readdir(dirname(current))) {
    if (/^packages-[0-9a-f]+$/.test(name) && name !== basename(current))
      await rm(join(dirname(current), name), { recursive: true, force: true });
  }
}

/** The packages' name is a hash of everything that makes them. */
async function packagesFolder(paths: LabPaths): Promise<string> {
  const hash = createHash('sha256').update(await readFile(join(RECIPE, 'repack.sh')));
  for (const name of (await readdir(join(RECIPE, 'package'))).sort())
    hash.update(`${name}\0`).update(await readFile(join(RECIPE, 'package', name)));
  return join(dirname(folderOf(paths)), `packages-${hash.digest('hex').slice(0, 12)}`);
}
