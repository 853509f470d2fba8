import { expect, test } from 'vitest';
import { askNames, newResolver } from '../../../../platform/doctor/ask/names';
import { nameServer } from '../../name-server';

test('asks the name server it is told, for addresses and up the tree for CAA records', async () => {
  const server = await nameServer([
    { name: 'www.example.com', type: 'A', data: '198.51.100.10' },
    { name: 'www.example.com', type: 'AAAA', data: '2001:db8::1' },
    { name: 'example.com', type: 'CAA', data: { flags: 128, tag: 'issue', value: 'digicert.com', issuerCritical: true } },
  ]);
  try {
    expect(await askNames(['www.example.com', 'www.example.net'], newResolver([server.address]))).toEqual({
      'www.example.com': {
        a: { answer: ['198.51.100.10'] },
        aaaa: { answer: ['2001:db8::1'] },
        caa: { answer: { at: 'example.com', records: [expect.objectContaining({ critical: 128, issue: 'digicert.com' })] } },
      },
      'www.example.net': { a: { answer: [] }, aaaa: { answer: [] }, caa: { answer: null } },
    });
  } finally {
    server.stop();
  }
});

test('says that nobody answers', async () => {
  const { 'www.example.com': found } = await askNames(['www.example.com'], newResolver(['127.0.0.1:1']));
  expect(found).toMatchObject({
    a: { failure: expect.stringContaining('ECONNREFUSED') },
    caa: { failure: expect.stringContaining('ECONNREFUSED') },
  });
});
