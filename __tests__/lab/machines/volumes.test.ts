import { expect, test } from 'vitest';
import { appear, renderVolumesTmpfiles } from '../../../lab/machines/volumes';

const volume = { id: 42, serverId: 1, loopDevice: '/dev/loop9', minor: 9, diskName: 'sdb' };

test('a machine that boots finds its volumes under the names that Hetzner gives them', () => {
  expect(renderVolumesTmpfiles([volume])).toBe(
    'b+ /dev/sdb 0660 root disk - 7:9\nL+ /dev/disk/by-id/scsi-0HC_Volume_42 - - - - ../../sdb\n',
  );
});

test('a volume appears in a running machine', () => {
  expect(appear(volume)).toBe(
    'mkdir -p /dev/disk/by-id && rm -f /dev/sdb && mknod -m 0660 /dev/sdb b 7 9 && ln -sfn ../../sdb /dev/disk/by-id/scsi-0HC_Volume_42',
  );
});
