import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readPlan } from '../../../platform/summary/changes';
import { named } from '../../../platform/summary/hosts';
import { renderMarkdown, renderText } from '../../../platform/summary/render';
import { touchedBy } from '../../../platform/summary/services';
import type { Summary } from '../../../platform/summary/summarize';
import { about, noticedOfAbsences, noticedOfServices } from '../../../platform/summary/visitors';
import { allFilesOf, Synthesizer, type Edit } from './edits';

let synthesizer: Synthesizer;
beforeAll(() => {
  synthesizer = new Synthesizer();
});
// Synthesizing blocks the process: vitest, which waits for 60 s, is heard between two tests
afterEach(() => setTimeout(10));
// Thousands of files
afterAll(() => synthesizer.stop(), 60_000);

const of = (after: Edit, before: Edit = {}) => synthesizer.summary(before, after);
const lines = ({ sections }: Summary, title: string) => sections.find((section) => section.title.startsWith(title))?.lines ?? [];

describe('an edit of main.ts', () => {
  test('that is none changes nothing', () => {
    expect(renderText(of({}))[1]).toBe('A deploy changes nothing.');
  });

  test('of server types is refused with the command that resizes, and tells the price', () => {
    const summary = of({ web: { serverType: 'cx33' } });
    expect(lines(summary, 'Refused')).toEqual([
      'web-1, web-2: cx23 becomes cx33 by `npx platform resize -e shop`, one server after another; a deploy is refused until then',
    ]);
    expect(lines(summary, 'What visitors notice')).toEqual(['nothing']);
    expect(lines(summary, 'Price')).toEqual(['56.84 before, 62.84 after: +6.00']);
  });

  test('of the type of members does not change their configuration: sizes follow from the memory on the host', () => {
    expect(lines(of({ mysql: { serverType: 'cx33' } }), 'Configured anew')).toEqual([]);
  });

  test.each<[string, Edit, Edit, string]>([
    ['another architecture', {}, { web: { serverType: 'cax11' } }, 'web-1, web-2: cax11 is of another architecture than cx23'],
    [
      'a smaller disk',
      { web: { serverType: 'cx33' } },
      {},
      "web-1, web-2: cx23 has a smaller disk than cx33: refused if the server's disk has grown with its type",
    ],
  ])('to a type of %s is refused', (_, before, after, says) => {
    expect(lines(of(after, before), 'Refused')).toEqual([expect.stringContaining(says)]);
  });

  test('to fewer servers tells who is deleted, and who has to learn of it', () => {
    const summary = of({}, { app: { serverCount: 3 }, web: { serverCount: 3 } });
    expect(lines(summary, 'Servers')).toEqual(['app-3, web-3: deleted (cx23, fsn1)']);
    expect([...lines(summary, 'Configured anew')].sort()).toEqual([
      'lb-1, lb-2: configured (/etc/haproxy/haproxy.cfg, /etc/platform/silent-peers.env): reload of haproxy, restart of silent-peers',
      'web-1, web-2: configured (/etc/nginx/nginx.conf, /etc/platform/silent-peers.env): reload of nginx, restart of silent-peers',
    ]);
    expect(lines(summary, 'What visitors notice')).toEqual(['nothing']);
    const order = lines(summary, 'In this order');
    const at = (says: string) => order.findIndex((line) => line.startsWith(says));
    expect(at('lb-1, then lb-2: waits until nothing is under way')).toBeGreaterThan(at('lb-1, then lb-2: configured'));
    expect(at('web-3')).toBeGreaterThan(at('lb-1, then lb-2: waits'));
    expect(at('app-3')).toBeGreaterThan(at('web-1, then web-2: waits'));
  });

  test('to more servers tells that visitors notice nothing', () => {
    const summary = of({ web: { serverCount: 3 } });
    expect(lines(summary, 'Servers')).toEqual(['web-3: made (cx23, fsn1)']);
    expect(lines(summary, 'What visitors notice')).toEqual(['nothing']);
  });

  test('to larger volumes grows them', () => {
    const summary = of({ mysql: { volumeGb: 30 } });
    expect(lines(summary, 'Servers')).toEqual(['db-1 to db-3: data volume and its file system grow from 20 to 30 GB']);
    expect(lines(summary, 'Configured anew')).toEqual(['db-1 to db-3: configured (values of VOLUME_GB)']);
    expect(lines(summary, 'What visitors notice')).toEqual(['nothing']);
    expect(lines(summary, 'Data')).toEqual([]);
  });

  test('to smaller volumes is refused, because Hetzner would refuse it half-way', () => {
    expect(lines(of({}, { mysql: { volumeGb: 30 } }), 'Refused')).toEqual([
      'db-1 to db-3: a volume never gets smaller; set mysql.volumeGb to 30 or more',
    ]);
  });

  test('of the location is refused, because data and address would be lost', () => {
    const { sections } = of({ locations: ['nbg1'] });
    expect(sections[0]?.lines).toEqual([
      expect.stringMatching(/^floating IP: would be destroyed .* home_location fsn1 becomes nbg1/),
      expect.stringMatching(/^db-1 to db-3: would be destroyed .* location fsn1 becomes nbg1/),
    ]);
  });

  test('to fewer members is refused, unless those that go have left by an earlier deploy', () => {
    expect(lines(of({}, { mysql: { memberCount: 5 } }), 'Refused')).toEqual([
      'db-4, db-5: would be deleted before it has left the group; the plan says how it leaves',
    ]);
    expect(lines(of({}, { mysql: { memberCount: 5, leavingCount: 2 } }), 'Refused')).toEqual([]);
  });

  test('of the location that names what may go tells before all else that data and address are lost', () => {
    const { sections } = of({ locations: ['nbg1'], mayDestroy: ['db-1', 'db-2', 'db-3', 'floating-ip'] });
    expect(sections[0]).toMatchObject({
      title: 'Data and address at risk',
      isWarning: true,
      lines: [
        'no volume of the database is left: ALL DATA is lost',
        expect.stringContaining('db-1: the volume db-1-data of 20 GB is destroyed'),
        expect.stringContaining('db-2'),
        expect.stringContaining('db-3'),
        expect.stringContaining('the floating IP platform is given back'),
      ],
    });
  });

  test('of a name prefix renames, and replaces nothing', () => {
    const summary = of({ namePrefix: 'x-' });
    expect(lines(summary, 'Data')).toEqual([]);
    expect(lines(summary, 'Servers')).toContain('floating IP: changed: name');
  });

  test('of the network range is refused; where the network may go, it cuts hosts off, and brings other addresses to all of them', () => {
    const network = { range: '10.1.0.0/16' };
    expect(lines(of({ network }), 'Refused')).toEqual([
      expect.stringContaining('ip_range 10.0.0.0/16 becomes 10.1.0.0/16'),
      expect.anything(),
      expect.anything(),
      expect.anything(),
      expect.anything(),
    ]);
    const summary = of({ network, mayDestroy: ['network'] });
    expect(lines(summary, 'What visitors notice')).toContainEqual(expect.stringContaining('every request gets 503'));
    expect(lines(summary, 'Firewalls')).toContainEqual(expect.stringMatching(/^web-1, web-2: other addresses: lb -> web http/));
  });

  test('of who may come in and what may go out tells which rules open and close', () => {
    const summary = of({ loadBalancers: { sshSources: ['203.0.113.0/24'] }, app: { outboundRanges: ['198.51.100.0/24'] } });
    expect(lines(summary, 'Firewalls')).toEqual([
      'opened to the Internet: 22/tcp from 203.0.113.0/24',
      'closed to the Internet: 22/tcp from 0.0.0.0/0',
      'closed to the Internet: 22/tcp from ::/0',
      expect.stringMatching(/^app-1, app-2: opened: units with a user of their own -> internet, .* 198\.51\.100\.0\/24/),
      'lb-1, lb-2: other addresses: operators -> lb ssh',
    ]);
  });

  test('that is a first deploy makes everything, and disturbs nobody', () => {
    const after = synthesizer.synthesize();
    const summary = synthesizer.firstDeploy(after);
    expect(summary.compared).toBe('not in main: a first deploy');
    expect(lines(summary, 'Servers')).toContain('app-1, app-2, db-1 to db-3, lb-1, lb-2, web-1, web-2: made (cx23, fsn1)');
    expect(lines(summary, 'What visitors notice')).toEqual([]);
    expect(lines(summary, 'Price')).toEqual(['0.00 before, 56.84 after: +56.84']);
  });
});

test('every file that a step uploads has a rule that says whom it touches', () => {
  const everything: Edit = {
    certificate: { mode: 'acme', email: 'a@example.com' },
    updates: { securityUpdates: true },
    mysql: { packagesRevision: '1' },
  };
  const files = [...allFilesOf(synthesizer.synthesize()), ...allFilesOf(synthesizer.synthesize(everything))];
  expect(files.length).toBeGreaterThan(200);
  expect(files.filter(({ tier, path }) => touchedBy(tier, path) === undefined)).toEqual([]);
});

test('a plan that replaces a step tells that it runs again', () => {
  const address = 'terraform_data.web_web-1_configure_AD3B8B4F';
  const change = {
    actions: ['delete', 'create'],
    before: { triggers_replace: 1, id: 'a' },
    after: { triggers_replace: 2 },
    after_unknown: { id: true },
  };
  const plan = { format_version: '1.2', resource_changes: [{ address, mode: 'managed', type: 'terraform_data', change }] };
  expect(readPlan(plan).get(address)).toMatchObject({ action: 'replace', attributes: ['triggers_replace', 'id'] });
  expect(() => readPlan([])).toThrow();
});

test('members that are away one after another cost the handover, and two at once the majority', () => {
  const hosts = { lb: [], web: [], app: [], mysql: ['db-1', 'db-2', 'db-3'] };
  const away = (host: string, start: number) => ({ tier: 'mysql' as const, host, start, end: start + 60 });
  expect(noticedOfAbsences([away('db-1', 0), away('db-2', 60)], hosts)).toEqual([expect.stringMatching(/^writes wait for about 7\.2 s/)]);
  expect(noticedOfAbsences([away('db-1', 0), away('db-2', 30)], hosts)).toEqual([
    expect.stringMatching(/^nothing can be written.* for about 30 s/),
  ]);
});

test('a reload of HAProxy is not noticed, and a restart of mysqld is', () => {
  expect(noticedOfServices([{ unit: 'haproxy', verb: 'reload' }])).toEqual([]);
  expect(noticedOfServices([{ unit: 'mysql', verb: 'restart' }])).toEqual([expect.stringContaining('writes wait for up to 4.1 s')]);
});

test('hosts in a row are told by the first and the last, and durations promise no more than an estimate can', () => {
  expect(named(['web-10', 'web-2', 'web-1', 'web-3'])).toBe('web-1 to web-3, web-10');
  expect([2, 44, 61, 200].map(about)).toEqual(['about 5 s', 'about 45 s', 'about 1 minute', 'about 3.5 minutes']);
});

test('a comment cannot be made to mention people, or to show what is no text', () => {
  const summary = { environment: 'shop', compared: 'x', sections: [{ title: 'T', lines: ['@all <img> `a` \u001b[2J'] }] };
  expect(renderMarkdown(summary)).toContain('- \\@all \\<img\\> \\`a\\` \\[2J');
  expect(renderText(summary)).toContain('  @all <img> `a` [2J');
});
