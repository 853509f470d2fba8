import { expect, test } from 'vitest';
import { renderMySqlMemberAgentConfig } from '../../lib/config/mysql-member-agent';
import { MEMBER } from '../helpers/mysql-member';

test('is JSON that says what was put in, on lines that a person can read', () => {
  const text = renderMySqlMemberAgentConfig(MEMBER);
  expect(JSON.parse(text)).toEqual(MEMBER);
  expect(text).toMatch(/^\{\n {2}"name": "db-1",\n/);
  expect(text.endsWith('}\n')).toBe(true);
});
