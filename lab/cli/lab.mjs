#!/usr/bin/env node
// Starts the lab's command without a build step.
const { register } = await import('tsx/esm/api').catch(() => {
  console.error('lab: the packages of this project are not installed; run: npm ci');
  process.exit(1);
});
register();
await import('./main.ts');
