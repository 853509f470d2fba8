import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { unmountBelow } from './mounts';
import { rootOf } from '../names/authority';
import { throughMirror } from '../names/through-mirror';
import { REPOSITORY, type LabPaths } from './paths';

const RECIPE = join(REPOSITORY, 'lab', 'machines', 'base-image');

/** One line a phase, told when it begins. */
export type Progress = (message: string) => void;

/** Folder of the root file system that machines are overlays of; built if this recipe was not built before. */
export async function ensureImage(paths: LabPaths, progress: Progress): Promise<string> {
  const image = join(paths.images, await recipeHash(paths));
  if (existsSync(image)) return image;
  await mkdir(paths.images, { recursive: true });
  await removeUnfinished(paths);
  const unfinished = `${image}.${process.pid}.unfinished`;
  const log = join(paths.state, 'image.log');
  try {
    await throughMirror(paths, (proxy) => build(unfinished, { LAB_PROXY: proxy, LAB_CA: rootOf(paths.authority) }, log, progress));
    // Another lab may have been faster
    await rename(unfinished, image).catch((error: unknown) => {
      if (!existsSync(image)) throw error;
    });
    await removeUnused(paths, image);
  } finally {
    await remove(unfinished);
  }
  return image;
}

/** Images of earlier recipes, unless machines of some lab stand on them. */
async function removeUnused(paths: LabPaths, current: string): Promise<void> {
  const mounts = await readFile('/proc/mounts', 'utf8');
  for (const name of await readdir(paths.images)) {
    const image = join(paths.images, name);
    if (image !== current && !name.includes('.') && !mounts.includes(image)) await rm(image, { recursive: true, force: true });
  }
}

/** The image's name is a hash of everything that goes into it. */
async function recipeHash(paths: LabPaths): Promise<string> {
  const hash = createHash('sha256').update(await readFile(rootOf(paths.authority)));
  const names = (await readdir(RECIPE, { recursive: true })).sort();
  for (const name of names) {
    const path = join(RECIPE, name);
    if ((await stat(path)).isFile()) hash.update(`${name}\0`).update(await readFile(path));
  }
  return hash.digest('hex').slice(0, 12);
}

async function removeUnfinished(paths: LabPaths): Promise<void> {
  for (const name of await readdir(paths.images)) {
    const builder = /\.(\d+)\.unfinished$/.exec(name)?.[1];
    if (builder && !existsSync(`/proc/${builder}`)) await remove(join(paths.images, name));
  }
}

/** debootstrap mounts /proc in there, and an interrupted one leaves it. */
async function remove(unfinished: string): Promise<void> {
  await unmountBelow(unfinished);
  await rm(unfinished, { recursive: true, force: true });
}

/** The script says `@phase NAME` where a phase begins; everything else it prints goes to the log. */
function build(
  root: string,
  settings: Readonly<Record<'LAB_PROXY' | 'LAB_CA', string>>,
  logFile: string,
  progress: Progress,
): Promise<void> {
  const log = createWriteStream(logFile);
  const child = spawn(join(RECIPE, 'build.sh'), [root], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...settings, no_proxy: '' },
  });
  child.stderr.pipe(log, { end: false });
  createInterface({ input: child.stdout }).on('line', (line) => {
    log.write(`${line}\n`);
    if (line.startsWith('@phase ')) progress(`image: ${line.slice('@phase '.length)}`);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      log.end();
      if (code === 0) resolve();
      else reject(new Error(`the base image could not be built (exit code ${code}); the end of ${logFile} says why`));
    });
  });
}
