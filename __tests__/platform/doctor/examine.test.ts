import { expect, test } from 'vitest';
import { examine } from '../../../platform/doctor/examine';
import { renderExamination } from '../../../platform/doctor/report';
import { BEFORE, deployed, withTypes, serverType } from './healthy';

test('finds nothing wrong before a first deploy that can go ahead, and warns only of what an empty project cannot tell', () => {
  const { verdict, findings } = examine(BEFORE);
  expect(findings.filter(({ level }) => level === 'warning' || level === 'wrong').map(({ check, says }) => `${check}: ${says}`)).toEqual([
    'tokens: the project is empty, so that nobody can tell whether both tokens are of it',
  ]);
  expect(verdict).toBe('fine');
});

test('finds all fine after a deploy, without a warning', () => {
  const { verdict, findings } = examine(deployed());
  expect(findings.filter(({ level }) => level !== 'fine')).toEqual([]);
  expect(verdict).toBe('fine');
});

test('is wrong as soon as one thing is', () => {
  expect(examine({ ...BEFORE, project: withTypes(serverType('cx23')) }).verdict).toBe('wrong');
});

test('is unasked without a token, or when the API does not answer', () => {
  expect(examine({ ...BEFORE, tokens: { ...BEFORE.tokens, hcloud_token: null }, project: { failure: 'no token is given' } })).toMatchObject(
    { verdict: 'unasked', price: null },
  );
  expect(
    examine({
      ...BEFORE,
      tokens: { ...BEFORE.tokens, hcloud_token: { failure: 'the API does not answer' } },
      project: { failure: 'the API does not answer' },
    }).verdict,
  ).toBe('unasked');
});

test('shows check, mark, what was found and below it the remedy, then the price by tier', () => {
  const shown = renderExamination(examine({ ...BEFORE, tokens: { ...BEFORE.tokens, hcloud_token: { answer: { mayWrite: false } } } })).join(
    '\n',
  );
  expect(shown).toContain('programs     ok      Node.js 22.11.0\n');
  expect(shown).toContain(
    "tokens       WRONG   hcloud_token may only read\n                     -> rights of a token cannot be changed: make it in Hetzner's console",
  );
  expect(shown).toContain(`\
Price a month in EUR, net (VAT would be 19 %), without traffic beyond what is included:
lb           1 x cx23 in fsn1                             5.99
             1 x primary IPv4                             0.50
             1 x floating IPv4                            3.00
             all of lb                                    9.49
mysql        1 x ccx13 in fsn1                           15.00
             1 x volume of 100 GB                         4.40
             all of mysql                                19.40
together                                                 28.89
`);
  expect(shown).toMatch(/A deploy of shop would fail or go wrong: put right what is marked WRONG\. One warning is above\.$/);
});

test('breaks long lines where the terminal ends', () => {
  const shown = renderExamination(examine({ ...BEFORE, programs: { ...BEFORE.programs, cdktfCli: '0.20.9' } }), 60);
  const at = shown.findIndex((line) => line.includes('WRONG'));
  expect(shown.slice(at, at + 3)).toEqual([
    'programs     WRONG   cdktf is 0.21.0, its CLI 0.20.9',
    '                     -> install what package-lock.json says:',
    '                        npm ci',
  ]);
});

test('what servers and APIs say reaches the terminal as text, and tells it nothing', () => {
  const failure = 'refused\u001b[2J\u009d0;root\u0007 for good';
  const shown = renderExamination(examine({ ...BEFORE, tokens: { ...BEFORE.tokens, hcloud_token: { failure } } })).join('\n');
  expect(shown).toContain('refused[2J0;root for good');
  expect(shown).not.toMatch(/[^\P{C}\n]/u);
});
