#!/usr/bin/env node
// Starts the operators' command: in the repository without a build step, in the package as it was built.
import { existsSync } from 'node:fs';

const main = new URL('./main.ts', import.meta.url);
if (existsSync(main)) {
  const { register } = await import('tsx/esm/api').catch(() => {
    console.error('platform: the packages of this project are not installed; run: npm ci');
    process.exit(2);
  });
  register();
  await import(main.href);
} else {
  await import('../../dist/platform.cjs');
}
