import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { UploadTree } from '../../lib/servers/upload-tree';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'upload-tree-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('the hash changes with a content, a name and a mode, and with nothing else', () => {
  const of = (path: string, text: string) => new UploadTree().text(path, text).hash;
  const base = of('a', 'x');
  expect(of('a', 'x')).toBe(base);
  expect(of('a', 'y')).not.toBe(base);
  expect(of('b', 'x')).not.toBe(base);

  const script = join(folder, 'script');
  writeFileSync(script, 'x');
  const plain = new UploadTree().file('a', script).hash;
  expect(plain).toBe(base);
  chmodSync(script, 0o755);
  expect(new UploadTree().file('a', script).hash).not.toBe(base);
});

test('the umask of a checkout makes no difference', () => {
  const script = join(folder, 'script');
  writeFileSync(script, 'x');
  const hashes = [0o755, 0o700, 0o775].map((mode) => {
    chmodSync(script, mode);
    return new UploadTree().file('a', script).hash;
  });
  expect(new Set(hashes).size).toBe(1);
});

test('the order in which files are added makes no difference', () => {
  const forth = new UploadTree().text('a', '1').text('b', '2').hash;
  expect(new UploadTree().text('b', '2').text('a', '1').hash).toBe(forth);
});

test('a border between two files cannot move unnoticed', () => {
  const one = new UploadTree().text('a', 'xy').text('b', '').hash;
  expect(new UploadTree().text('a', 'x').text('b', 'y').hash).not.toBe(one);
});

test('takes a folder with all that is in it', () => {
  mkdirSync(join(folder, 'deep/er'), { recursive: true });
  writeFileSync(join(folder, 'deep/er/file'), 'x');
  expect(new UploadTree().folder('files/srv', folder).paths).toEqual(['files/srv/deep/er/file']);
});

test('refuses two files for one place', () => {
  expect(() => new UploadTree().text('/etc/a', '1').text('etc/a', '2')).toThrow('two files for etc/a in one upload');
});
