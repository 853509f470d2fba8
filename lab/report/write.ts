import { mkdir, rename, symlink, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { page } from './page';
import type { Result } from './result';

export interface Written {
  readonly json: string;
  readonly html: string;
}

/** Writes `result.json` and `report.html` into a folder, and points `latest` beside it there. May be called after every scenario. */
export async function writeReport(folder: string, result: Result): Promise<Written> {
  await mkdir(folder, { recursive: true });
  const written = { json: path.join(folder, 'result.json'), html: path.join(folder, 'report.html') };
  await replace(written.json, JSON.stringify(result));
  await replace(written.html, page(result));
  const latest = path.join(path.dirname(folder), 'latest');
  await unlink(latest).catch(() => undefined);
  await symlink(path.basename(folder), latest);
  return written;
}

async function replace(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}
