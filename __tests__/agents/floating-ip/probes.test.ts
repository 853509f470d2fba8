import { createServer, type Server } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { ownHaproxyAnswers, peerAnswers } from '../../../agents/floating-ip/probes';
import { listening } from '../../helpers/ports';

let server: Server;

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** Answers after so many milliseconds; with Infinity it accepts connections and never answers, as a stopped process does. */
async function answering(afterMs: number): Promise<string> {
  server = createServer((_, response) => void (afterMs < Infinity && setTimeout(() => response.end('alive'), afterMs)));
  return `http://127.0.0.1:${await listening(server)}/healthz`;
}

test('an own HAProxy that is busy and answers after 600 ms is alive', async () => {
  expect(await ownHaproxyAnswers(await answering(600))).toBe(true);
});

test('an own HAProxy that accepts connections and never answers is silent', async () => {
  expect(await ownHaproxyAnswers(await answering(Infinity))).toBe(false);
});

test('a peer that answers after 600 ms counts as silent: a VRRP MASTER must not wait for it', async () => {
  expect(await peerAnswers(await answering(600))).toBe(false);
});
