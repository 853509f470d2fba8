import { expect, test } from 'vitest';
import { composeObtained, readObtained } from '../../../agents/certificate/obtained';
import { BEGIN, DAY, DIRECTORY, pems } from './certificates';

test('one file tells who gave the certificate, and how long it is valid', () => {
  const { chain, key } = pems({ days: 6 });
  expect(readObtained(composeObtained(DIRECTORY, chain, key))).toMatchObject({
    directoryUrl: DIRECTORY,
    from: BEGIN,
    until: BEGIN + 6 * DAY,
  });
});

test('nothing but a whole certificate with its own key and its first line is one', () => {
  const { chain, key } = pems();
  const whole = composeObtained(DIRECTORY, chain, key);
  for (const text of [
    '',
    'none yet\n',
    chain + key,
    whole.slice(0, 300),
    composeObtained(DIRECTORY, chain, ''),
    composeObtained(DIRECTORY, chain, pems().key),
  ]) {
    expect(readObtained(text)).toBeNull();
  }
});
