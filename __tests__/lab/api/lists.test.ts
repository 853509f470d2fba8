import { expect, test } from 'vitest';
import { TestClient, refusal } from './test-client';

async function withGroups(count: number) {
  const client = new TestClient();
  for (let index = 0; index < count; index++) {
    const labels = { parity: index % 2 === 0 ? 'even' : 'odd' };
    await client.post('/placement_groups', { name: `group-${String(index).padStart(2, '0')}`, type: 'spread', labels });
  }
  const names = async (query: string) => {
    const { body } = await client.get(`/placement_groups?${query}`);
    return { names: Object.values(Object.values(body)[0] as { name: string }[]).map(({ name }) => name), meta: body.meta };
  };
  return { client, names };
}

test('a page of a list has 25 entries by default, and names the pages before and after it', async () => {
  const { names } = await withGroups(60);
  const first = await names('');
  expect(first.names).toHaveLength(25);
  expect(first.meta).toEqual({ pagination: { page: 1, per_page: 25, previous_page: null, next_page: 2, last_page: 3, total_entries: 60 } });
  const last = await names('page=2&per_page=50');
  expect(last.names).toHaveLength(10);
  expect(last.meta).toEqual({ pagination: { page: 2, per_page: 50, previous_page: 1, next_page: null, last_page: 2, total_entries: 60 } });
});

test('an empty list has meta, too, which the Python library needs', async () => {
  const { body } = await new TestClient().get('/servers');
  expect(body).toEqual({
    servers: [],
    meta: { pagination: { page: 1, per_page: 25, previous_page: null, next_page: null, last_page: 1, total_entries: 0 } },
  });
});

test('a list can be filtered by name and label, and sorted', async () => {
  const { names } = await withGroups(4);
  expect((await names('name=group-02')).names).toEqual(['group-02']);
  expect((await names('name=nobody')).names).toEqual([]);
  expect((await names('label_selector=parity%3Dodd&sort=name:desc')).names).toEqual(['group-03', 'group-01']);
  expect((await names('sort=id:asc')).names[0]).toBe('group-00');
});

test.each([
  ['per_page=51', 'must be between 1 and 50'],
  ['page=0', 'must be between 1'],
  ['sort=colour', "cannot sort by 'colour'"],
  ['sort=name:sideways', "cannot sort by 'name:sideways'"],
  ['label_selector=a%3D(', 'is not a valid label selector'],
])('a list refuses %s', async (query, message) => {
  const answer = await new TestClient().get(`/placement_groups?${query}`);
  expect(refusal(answer)).toContain('422 invalid_input');
  expect(refusal(answer)).toContain(message);
});

test('there is one image for each name and architecture', async () => {
  const client = new TestClient();
  const ids = async (query: string) => (await client.get(`/images?${query}`)).body.images.map((image) => image.name);
  expect(await ids('architecture=x86&include_deprecated=true&name=debian-13')).toEqual(['debian-13']);
  expect(await ids('name=debian-13')).toHaveLength(2);
  expect(await ids('architecture=arm')).toEqual(['debian-12', 'debian-13', 'ubuntu-24.04', 'ubuntu-26.04']);
});
