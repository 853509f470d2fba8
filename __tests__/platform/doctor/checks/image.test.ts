import { expect, test } from 'vitest';
import { checkImage } from '../../../../platform/doctor/checks/image';
import { BEFORE, deployed, ENVIRONMENT, levels, lines, PROJECT } from '../healthy';

const withImages = (...images: (typeof PROJECT.images)[number][]) => ({ ...BEFORE, project: { answer: { ...PROJECT, images } } });
const image = PROJECT.images[0]!;

test('accepts an image that is there for the architecture', () => {
  expect(lines(checkImage(BEFORE))).toEqual(['fine: debian-13 is there for x86']);
});

test('refuses one that is not there for the architecture, or not available', () => {
  expect(lines(checkImage(withImages({ ...image, architecture: 'arm' })))).toEqual([
    expect.stringMatching(/^wrong: there is no image debian-13 for x86 -> set image to/),
  ]);
  expect(levels(checkImage(withImages({ ...image, status: 'creating' })))).toEqual(['wrong']);
});

test('finds a snapshot by its number, and warns that nobody has tried it', () => {
  const servers = ENVIRONMENT.servers.map((server) => ({ ...server, image: '4711' }));
  const facts = withImages({ ...image, id: 4711, name: null });
  expect(lines(checkImage({ ...facts, environment: { ...ENVIRONMENT, servers } }))).toEqual([
    expect.stringMatching(/^warning: image is the snapshot 4711: .* -> deploy it to a project for tests first$/),
  ]);
});

test('warns of one that is there, and that nobody has deployed to', () => {
  const servers = ENVIRONMENT.servers.map((server) => ({ ...server, image: 'ubuntu-26.04' }));
  const facts = withImages({ ...image, name: 'ubuntu-26.04' });
  expect(lines(checkImage({ ...facts, environment: { ...ENVIRONMENT, servers } }))).toEqual([
    expect.stringMatching(/^warning: image is ubuntu-26.04: nobody has deployed .* -> deploy it to a project for tests first$/),
  ]);
});

test('warns of a deprecated one', () => {
  expect(lines(checkImage(withImages({ ...image, deprecated: new Date('2026-10-01T00:00:00Z') })))).toEqual([
    expect.stringMatching(/^warning: debian-13 \(x86\) is deprecated since 2026-10-01.* -> set image to a newer one$/),
  ]);
});

test('asks nothing where all servers exist', () => {
  expect(checkImage(deployed())).toEqual([]);
});
