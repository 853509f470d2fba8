import type { AddressInfo } from 'node:net';
import type { LabPaths } from '../machines/paths';
import { createMirror, sitesOf } from './mirror';
import { createPackageCache } from './package-cache';

/** Runs `use` with the URL of a proxy that serves the sites with packages as a lab does. */
export async function throughMirror<T>(paths: LabPaths, act: (proxy: string) => Promise<T>): Promise<T> {
  const mirror = createMirror(
    sitesOf({ debian: process.env['LAB_MIRROR'], mysql: paths.mysqlRepository }),
    createPackageCache(paths.packageCache),
  );
  await new Promise<void>((resolve) => mirror.listen(0, '127.0.0.1', resolve));
  try {
    return await act(`http://127.0.0.1:${(mirror.address() as AddressInfo).port}`);
  } finally {
    mirror.closeAllConnections();
    mirror.close();
  }
}
