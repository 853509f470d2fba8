/** Hetzner's own Python library, in a virtual environment that is made once and kept under .lab/cache. */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const VERSION = '2.27.0';
const CACHE = fileURLToPath(new URL('../../../../.lab/cache', import.meta.url));
const PYTHON = `${CACHE}/python-hcloud-${VERSION}/bin/python3`;

/** @returns the interpreter that can `import hcloud` */
export async function pythonWithHcloud(): Promise<string> {
  if (existsSync(PYTHON)) return PYTHON;
  mkdirSync(CACHE, { recursive: true });
  const target = `${CACHE}/python-hcloud-${VERSION}`;
  const unfinished = `${target}.${process.pid}`;
  await execa('python3', ['-m', 'venv', unfinished]).catch((cause: unknown) => {
    throw new Error('python3 cannot make virtual environments: apt-get install python3-venv', { cause });
  });
  await execa(`${unfinished}/bin/python3`, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `hcloud==${VERSION}`]).catch(
    (cause: unknown) => {
      rmSync(unfinished, { recursive: true, force: true });
      throw new Error(`pip cannot install hcloud==${VERSION} from PyPI: is there a way to it?`, { cause });
    },
  );
  // the name appears when all is in it, so that an interrupted run leaves nothing half made
  if (existsSync(target)) rmSync(unfinished, { recursive: true, force: true });
  else renameSync(unfinished, target);
  return PYTHON;
}
