import { execa } from 'execa';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const [FORMER, NOW] = [4321, 4322];
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'take-over-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** As it stands in the script. */
const TAKE_OVER = /^take_over\(\) \{\n[^]*?^\}$/m.exec(readFileSync('provisioning/mysql.sh', 'utf8'))?.[0] ?? '';

/**
 * A volume from another server, on which its user runs code meanwhile: after root has found a file, and before it gives it away, a folder on the
 * way becomes a link. It runs between the look and the chown.
 */
test.skipIf(process.getuid?.() !== 0)(
  'root gives files of a volume to their user, and none that a link leads to which was put there meanwhile',
  async () => {
    const [volume, secrets, bin] = ['volume', 'secrets', 'bin'].map((name) => join(folder, name)) as [string, string, string];
    [join(volume, 'table'), secrets, bin].forEach((path) => mkdirSync(path, { recursive: true }));
    for (const file of [join(volume, 'table/data'), join(secrets, 'data')]) writeFileSync(file, '');
    await execa('chown', ['--recursive', `${FORMER}:${FORMER}`, volume]);
    writeFileSync(
      join(bin, 'chown'),
      `#!/bin/sh\ncase $* in *data) mv ${volume}/table ${volume}/moved && ln -s ${secrets} ${volume}/table ;; esac\nexec /bin/chown "$@"\n`,
    );
    chmodSync(join(bin, 'chown'), 0o755);
    await execa('bash', ['-c', `set -euo pipefail; ${TAKE_OVER}; take_over ${volume} ${NOW}`], {
      env: { PATH: `${bin}:/usr/bin:/bin` },
      reject: false,
    });
    expect(statSync(join(secrets, 'data')).uid, 'a file of root').toBe(0);
    expect(statSync(join(volume, 'moved/data')).uid, 'a file of the volume').toBe(NOW);
  },
);
