import { Argument, Command } from 'commander';
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { hostsOf, secondsOf } from '../../../platform/cli/common';
import { renderBash, verbsOf } from '../../../platform/cli/completion';
import { journalArgv, linesOf, sinceOf, unitsOf } from '../../../platform/cli/logs';
import { browserOf } from '../../../platform/cli/open';
import { lineOf } from '../../../platform/cli/ssh';
import { outcomeOf, planOf } from '../../../platform/cli/switchover';
import { parseOutputs, type Host } from '../../../platform/environment/outputs';
import { merged, timeOf } from '../../../platform/logs/merge';
import type { HostStatus } from '../../../platform/status/report';

const db = (name: string): Host => ({ name, tier: 'mysql', privateAddress: '10.0.4.11', publicAddress: null });
const status = (name: string, role: string | null, noAnswer: string | null = null): HostStatus => ({
  ...db(name),
  role,
  noAnswer,
  units: {},
});

test('a command of one word is a line for the shell, and one of several is quoted', () => {
  expect(lineOf([])).toBeUndefined();
  expect(lineOf(['ls | head'])).toBe('ls | head');
  expect(lineOf(['grep', 'a; b', '/etc/hosts'])).toBe("grep 'a; b' /etc/hosts");
});

test('a tier is all its hosts, and an unknown name tells what there is', () => {
  expect(hostsOf([db('db-1'), db('db-2')], 'mysql')).toHaveLength(2);
  expect(hostsOf([db('db-1'), db('db-2')], 'db-2')).toEqual([db('db-2')]);
  expect(() => hostsOf([db('db-1')], '__proto__')).toThrow('hosts: db-1; tiers: lb, web, app, mysql');
});

test('values of logs are checked, and can be no options of journalctl', () => {
  expect(journalArgv({ unit: unitsOf('ssh', ['nginx']), since: '-1h', follow: true }).slice(-4)).toEqual([
    '--unit=nginx',
    '--unit=ssh',
    '--since=-1h',
    '--follow',
  ]);
  expect(journalArgv({ lines: linesOf('0') })).toContain('--lines=0');
  for (const unit of ['', 'a b', '$(id)', "a'", 'a\nb']) expect(() => unitsOf(unit)).toThrow('systemd unit');
  for (const since of ['', '`id`', "'", 'x'.repeat(65)]) expect(() => sinceOf(since)).toThrow('want a time');
  for (const lines of ['-1', '1e3', 'all']) expect(() => linesOf(lines)).toThrow('number of lines');
  for (const seconds of ['0', '', 'NaN', '601', '-5']) expect(() => secondsOf(seconds)).toThrow('from 1 to 600');
});

test('lines of several hosts come in the order of their time, and one without a time stays where it is', async () => {
  const at = (second: number, text: string) => `2026-11-29T00:00:0${second}.000001+0000 ${text}`;
  async function* lines(...texts: string[]) {
    yield* texts;
  }
  const all: string[] = [];
  for await (const line of merged([lines(at(1, 'a'), '  more of a', at(4, 'a')), lines(), lines(at(2, 'b'), at(3, 'b'))])) all.push(line);
  expect(all).toEqual([at(1, 'a'), '  more of a', at(2, 'b'), at(3, 'b'), at(4, 'a')]);
  expect(timeOf('2026-11-29T02:00:00+0200 web-1 x')).toBe(Date.parse('2026-11-29T00:00:00Z'));
  expect(timeOf('-- Boot 1234 --')).toBeUndefined();
});

test('the PRIMARY gives its role away, or to whom it is told', () => {
  const members = [status('db-1', 'SECONDARY'), status('db-2', 'PRIMARY'), status('db-3', null, 'no answer')];
  expect(planOf('mysql', members, undefined)).toMatchObject({ on: { name: 'db-2' }, command: ['platform-mysql', 'step-down'] });
  expect(planOf('mysql', members, 'db-1')).toMatchObject({ on: { name: 'db-2' }, command: ['platform-mysql', 'switchover', 'db-1'] });
  expect(planOf('mysql', members, 'db-2')).toEqual({ done: true, says: 'db-2 is PRIMARY already' });
  expect(planOf('mysql', [members[0]!, members[2]!], undefined)).toEqual({
    done: false,
    says: 'nobody is PRIMARY (db-1 SECONDARY, db-3 no answer); nothing was changed',
  });
});

test('a refusal keeps the words of the host', () => {
  const plan = { tier: 'mysql', on: db('db-2'), command: ['platform-mysql', 'step-down'] } as const;
  expect(outcomeOf(plan, { exitCode: 1, stdout: '', stderr: 'platform-mysql: db-1 lags\n' })).toEqual({
    done: false,
    says: 'db-2 keeps its role: db-1 lags',
  });
  expect(outcomeOf(plan, { exitCode: 0, stdout: '{"primary":"db-3"}\n', stderr: '' }).says).toBe('db-3 is PRIMARY, db-2 was before');
  expect(outcomeOf(plan, { exitCode: 0, stdout: '{"primary":null}\n', stderr: '' }).done).toBe(false);
});

test('a browser is opened only where somebody sees it', () => {
  expect(browserOf('linux', {})).toBeUndefined();
  expect(browserOf('linux', { DISPLAY: ':0' })).toBe('xdg-open');
  expect(browserOf('darwin', { SSH_CONNECTION: 'x' })).toBeUndefined();
});

test('outputs are read, and what would be a word of the ssh configuration is checked', () => {
  const state = (servers: object) =>
    JSON.stringify({
      outputs: { url: { value: 'https://a.example/' }, floating_ip: { value: '203.0.113.1' }, servers: { value: servers } },
    });
  const server = { tier: 'web', private_address: '10.0.2.11' };
  expect(parseOutputs('')).toBeNull();
  expect(parseOutputs('{"outputs":{}}')).toBeNull();
  expect(
    parseOutputs(state({ 'web-10': server, 'web-2': server, 'lb-1': { ...server, tier: 'lb' } }))?.hosts.map(({ name }) => name),
  ).toEqual(['lb-1', 'web-2', 'web-10']);
  expect(() => parseOutputs(state({ 'web-1\nProxyCommand x': server }))).toThrow();
  expect(() => parseOutputs(state({ 'web-1': { ...server, private_address: '-oProxyCommand=x' } }))).toThrow();
});

test('bash completes verbs, options, hosts, tiers and environments', () => {
  const program = new Command('platform').addCommand(new Command('logs').argument('<host|tier>').option('-f, --follow'));
  program.addCommand(new Command('completion').addArgument(new Argument('<shell>').choices(['bash'])));
  const script = renderBash(verbsOf(program, ['shop', 'lab'], ['web-1']), ['shop', 'lab']);
  const complete = (...words: string[]) => {
    const line = `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _platform; echo "\${COMPREPLY[*]}"`;
    return spawnSync('bash', ['-c', `${script}${line}`, 'bash', 'platform', ...words], { encoding: 'utf8' }).stdout.trim();
  };
  expect(complete('lo')).toBe('logs');
  expect(complete('logs', 'w')).toBe('web web-1');
  expect(complete('logs', '--f')).toBe('--follow');
  expect(complete('logs', '-e', '')).toBe('shop lab');
  expect(complete('completion', '')).toBe('bash');
});
