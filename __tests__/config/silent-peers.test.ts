import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { renderSilentPeers } from '../../lib/config/silent-peers';

const SERVERS = [1, 2].map((ordinal) => ({ name: `web-${ordinal}`, address: `10.0.2.1${ordinal}`, port: 80 }));

test('names where each server of the next tier is asked, and which connections end', () => {
  expect(renderSilentPeers('repeatable', SERVERS, '/nginx-health')).toBe(`\
WATCHED_SERVERS=10.0.2.11:80/nginx-health,10.0.2.12:80/nginx-health
WATCHED_CONNECTIONS=repeatable
`);
});

test('the program reads each variable, and has figures for each kind of connections', () => {
  const program = readFileSync('provisioning/shared/silent-peers', 'utf8');
  for (const [, name] of renderSilentPeers('all', SERVERS, '/').matchAll(/^(\w+)=/gm)) expect(program).toContain(`$${name}`);
  for (const [, figures] of program.matchAll(/(?:PATIENCE|MISSES)=\(([^)]+)\)/g))
    expect(figures).toMatch(/^\[repeatable\]=[\d.]+ \[all\]=[\d.]+$/);
});
