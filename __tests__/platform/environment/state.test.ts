import { expect, test } from 'vitest';
import { parseState } from '../../../platform/environment/state';

test('knows the id of each resource that Terraform has made, and none of what it only reads', () => {
  const state = parseState(
    JSON.stringify({
      version: 4,
      resources: [
        { mode: 'managed', type: 'hcloud_server', name: 'web-1', instances: [{ attributes: { id: '4200', name: 'web-1' } }] },
        { mode: 'managed', type: 'terraform_data', name: 'step', instances: [{ attributes: { id: 'a-b-c' } }] },
        {
          mode: 'managed',
          type: 'cloudflare_origin_ca_certificate',
          name: 'edge',
          instances: [{ attributes: { id: '7', expires_on: '2027-06-17 12:00:00 +0000 UTC' } }],
        },
        { mode: 'managed', type: 'hcloud_server', name: 'gone', instances: [] },
        { mode: 'data', type: 'hcloud_image', name: 'debian', instances: [{ attributes: { id: 1 } }] },
      ],
    }),
  );
  expect([...state]).toEqual([
    ['hcloud_server.web-1', { id: '4200' }],
    ['terraform_data.step', { id: 'a-b-c' }],
    ['cloudflare_origin_ca_certificate.edge', { id: '7', endsAt: new Date('2027-06-17T12:00:00Z') }],
  ]);
});

test('is empty before the first deploy', () => {
  expect(parseState('')).toEqual(new Map());
});
