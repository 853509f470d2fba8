#!/usr/bin/env node
// Starts the operators' command without a build step.
const { register } = await import('tsx/esm/api').catch(() => {
  console.error('platform: the packages of this project are not installed; run: npm ci');
  process.exit(2);
});
register();
await import('./main.ts');
