import { createServer, type RequestListener } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { listening } from '../helpers/ports';
import { paced } from './paced';

const SECONDS = 2;

/** When connections were opened and requests came. */
async function server(answer: RequestListener): Promise<{ url: string; opened: number[]; asked: number[] }> {
  const [opened, asked]: [number[], number[]] = [[], []];
  const listener = createServer((request, response) => {
    asked.push(performance.now());
    answer(request, response);
  }).on('connection', () => opened.push(performance.now()));
  onTestFinished(() => void listener.close());
  return { url: `http://127.0.0.1:${await listening(listener)}/`, opened, asked };
}

test('500 requests a second are sent, whatever answers take, and none before all connections are open', async () => {
  const { url, opened, asked } = await server((_, response) => void setTimeout(() => response.end('late'), 50));
  const { requests, median } = await paced({ url, host: 'paced', seconds: SECONDS });
  expect(requests).toBeGreaterThan(0.6 * 500 * SECONDS);
  expect(requests).toBeLessThan(1.1 * 500 * SECONDS);
  expect(median).toBeGreaterThanOrEqual(49);
  expect(opened.slice(0, 64)).toHaveLength(64);
  expect(asked[0]).toBeGreaterThan(opened[63]!);
});

test('a pace that is not reached shows in the requests a second, and in the figures', async () => {
  // 64 connections send 64 requests in 200 ms
  const { url } = await server((_, response) => void setTimeout(() => response.end('late'), 200));
  const { requestsPerSecond, median } = await paced({ url, host: 'paced', seconds: SECONDS });
  expect(requestsPerSecond).toBeLessThan(340);
  expect(median).toBeGreaterThanOrEqual(199);
});

test('a request that fails is no measurement', async () => {
  const { url } = await server((_, response) => void response.writeHead(500).end());
  await expect(paced({ url, host: 'paced', seconds: 1 })).rejects.toThrow(/requests to .* failed/);
});
