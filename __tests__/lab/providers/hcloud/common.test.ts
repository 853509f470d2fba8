import { expect, test } from 'vitest';
import { labelProblem, unlessZero } from '../../../../lab/providers/hcloud/common';
import { userDataHash } from '../../../../lab/providers/hcloud/server';
import { UNKNOWN } from '../../../../lab/providers/protocol/value';

test('takes labels that Hetzner takes', () => {
  expect(labelProblem({ role: 'lb', 'example.com/tier': '', 'a.b_c-d': 'X.1' })).toBeNull();
});

test.each([
  [{ 'a b': 'c' }, "label key 'a b' is not correctly formatted"],
  [{ a: 'c d' }, "label value 'c d' (key: a) is not correctly formatted"],
  [{ '-a': 'c' }, "label key '-a' is not correctly formatted"],
  [{ [`a${'b'.repeat(63)}`]: 'c' }, `label key 'a${'b'.repeat(63)}' is not correctly formatted`],
])('refuses the labels %o', (labels, problem) => {
  expect(labelProblem(labels as never)).toBe(problem);
});

test('sends nothing that is zero or unknown', () => {
  expect([unlessZero('a', ''), unlessZero('a', UNKNOWN), unlessZero('a', []), unlessZero('a', 0)]).toEqual([{}, {}, {}, {}]);
  expect(unlessZero('a', 1)).toEqual({ a: 1 });
});

test('stores user data as base64 of its SHA-1', () => {
  expect(userDataHash('#cloud-config\n')).toBe('wK9leoEi2xH7hUH5D+q3hxwsPXE=');
});
