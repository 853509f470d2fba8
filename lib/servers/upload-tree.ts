import { AssetType, TerraformAsset } from 'cdktf';
import type { Construct } from 'constructs';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

interface Entry {
  readonly content: Buffer;
  readonly mode: number;
}

/**
 * A set of files to be uploaded together. Its hash covers names, modes and contents (cdktf's own covers contents
 * only), and modes are reduced to 0755 and 0644, so that another checkout with another umask has the same hash.
 */
export class UploadTree {
  private readonly entries = new Map<string, Entry>();

  text(path: string, content: string): this {
    return this.set(path, { content: Buffer.from(content), mode: 0o644 });
  }

  file(path: string, source: string): this {
    const executable = (statSync(source).mode & 0o100) !== 0;
    return this.set(path, { content: readFileSync(source), mode: executable ? 0o755 : 0o644 });
  }

  folder(path: string, source: string): this {
    for (const entry of readdirSync(source, { withFileTypes: true })) {
      const from = join(source, entry.name);
      const to = join(path, entry.name);
      if (statSync(from).isDirectory()) this.folder(to, from);
      else this.file(to, from);
    }
    return this;
  }

  get paths(): readonly string[] {
    return [...this.entries.keys()].sort();
  }

  get hash(): string {
    const hash = createHash('sha256');
    for (const path of this.paths) {
      const { content, mode } = this.entry(path);
      hash.update(`${path}\0${mode.toString(8)}\0${content.length}\0`).update(content);
    }
    return hash.digest('hex').slice(0, 32);
  }

  /** Copies the files into the stack's own folder, which needs nothing else then; returns their path there, as Terraform sees it. */
  asset(scope: Construct, id: string): string {
    const path = temporaryFolder();
    this.writeTo(path);
    const asset = new TerraformAsset(scope, id, { path, assetHash: this.hash, type: AssetType.DIRECTORY });
    return `\${path.module}/${asset.path}`;
  }

  private writeTo(folder: string): void {
    for (const path of this.paths) {
      const { content, mode } = this.entry(path);
      const target = join(folder, path);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, content);
      chmodSync(target, mode);
    }
  }

  private entry(path: string): Entry {
    const entry = this.entries.get(path);
    if (!entry) throw new Error(`no file ${path} in the upload`);
    return entry;
  }

  private set(path: string, entry: Entry): this {
    const name = path.replace(/^\/+/, '');
    if (this.entries.has(name)) throw new Error(`two files for ${path} in one upload`);
    this.entries.set(name, entry);
    return this;
  }
}

let temporaryRoot: string | undefined;

/** Gone when the process ends; cdktf has copied it by then. */
function temporaryFolder(): string {
  if (temporaryRoot === undefined) {
    const root = mkdtempSync(join(tmpdir(), 'platform-uploads-'));
    process.once('exit', () => rmSync(root, { recursive: true, force: true }));
    temporaryRoot = root;
  }
  return mkdtempSync(join(temporaryRoot, 'upload-'));
}
