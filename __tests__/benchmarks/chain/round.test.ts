import { expect, test } from 'vitest';
import { inTurn } from './round';

test('ways are measured in turn, each round begins with another one, and of each the middle round counts', async () => {
  const asked: string[] = [];
  const speeds: Record<string, number[]> = { ours: [300, 100, 200], plain: [10, 30, 20] };
  const middles = await inTurn(
    ['ours', 'plain'],
    async (way) => {
      asked.push(way);
      return { way, speed: speeds[way]!.shift()! };
    },
    ({ speed }) => speed,
  );
  expect(asked).toEqual(['ours', 'plain', 'plain', 'ours', 'ours', 'plain']);
  expect(middles).toEqual({ ours: { way: 'ours', speed: 200 }, plain: { way: 'plain', speed: 20 } });
});
