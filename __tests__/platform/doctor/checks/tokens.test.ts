import { expect, test } from 'vitest';
import { checkProject, checkTokens } from '../../../../platform/doctor/checks/tokens';
import { BEFORE, deployed, EMPTY, levels, lines } from '../healthy';

test('accepts two valid tokens of one project that may write', () => {
  expect(levels(checkTokens(deployed()))).toEqual(['fine', 'fine', 'fine']);
});

test.each([
  [
    { answer: { refusal: 'unable to authenticate', mayWrite: null } },
    /^wrong: failover_token: Hetzner says "unable to authenticate" -> it was revoked/,
  ],
  [{ answer: { mayWrite: false } }, /^wrong: failover_token may only read -> rights of a token cannot be changed/],
  [{ answer: { mayWrite: null } }, /^warning: failover_token: whether it may write could not be told/],
  [
    { failure: 'the API does not answer: ECONNREFUSED' },
    /^wrong: failover_token: the API does not answer: ECONNREFUSED -> check TF_VAR_hcloud_endpoint/,
  ],
])('says what is wrong with a token, and what to do: %j', (failover_token, says) => {
  const facts = deployed();
  expect(lines(checkTokens({ ...facts, tokens: { ...facts.tokens, failover_token } }))).toContainEqual(expect.stringMatching(says));
});

test('refuses one token for both', () => {
  const facts = deployed();
  expect(lines(checkTokens({ ...facts, given: { ...facts.given, failover_token: facts.given['hcloud_token'] } }))).toContainEqual(
    expect.stringMatching(/^wrong: hcloud_token and failover_token are the same -> with two, each can be revoked alone/),
  );
});

test('refuses tokens of two projects, which have nothing in common', () => {
  expect(lines(checkTokens({ ...deployed(), seenByFailover: { answer: EMPTY } }))).toContainEqual(
    expect.stringMatching(/^wrong: failover_token is of another project/),
  );
  // Ids are unique in a kind alone
  const other = { ...EMPTY, hcloud_firewall: [{ id: 100, name: 'lb-1' }] };
  expect(lines(checkTokens({ ...deployed(), seenByFailover: { answer: other } }))).toContainEqual(
    expect.stringMatching(/^wrong: failover_token is of another project/),
  );
});

test('cannot tell of an empty project, and says so', () => {
  expect(levels(checkTokens(BEFORE))).toEqual(['fine', 'fine', 'warning']);
});

test('reports a project that cannot be read, unless the token explains it', () => {
  const project = { failure: "an answer that is not one of Hetzner's API" };
  expect(lines(checkProject({ ...BEFORE, project }))).toEqual([expect.stringMatching(/^wrong: it could not be read: an answer/)]);
  expect(
    checkProject({
      project,
      tokens: { ...BEFORE.tokens, hcloud_token: { answer: { refusal: 'unable to authenticate', mayWrite: null } } },
    }),
  ).toEqual([]);
  expect(checkProject(BEFORE)).toEqual([]);
});
