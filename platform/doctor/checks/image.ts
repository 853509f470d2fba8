import { untriedImage } from '../../../lib/hetzner/untried';
import { existing, known, type Facts } from '../facts';
import { findings, type Finding } from '../finding';

const { fine, warning, wrong } = findings('image');

/** The image is there for the architecture of each server that would be made. Servers that exist keep the one they have. */
export function checkImage(facts: Pick<Facts, 'environment' | 'state' | 'project'>): Finding[] {
  const both = known(facts);
  if (!both) return [];
  const { project, state } = both;
  const made = facts.environment.servers.filter(({ address, type }) => !existing(address, type, project.items, state));
  const wanted = new Map(
    made.flatMap(({ image, serverType }) => {
      const architecture = project.serverTypes.find(({ name }) => name === serverType)?.architecture;
      return architecture ? [[`${image} ${architecture}`, { image, architecture }] as const] : [];
    }),
  );
  return [...wanted.values()].map(({ image, architecture }) => {
    const found = project.images.find(
      (each) => (each.name === image || String(each.id) === image) && each.architecture === architecture && each.status === 'available',
    );
    if (!found)
      return wrong(
        `there is no image ${image} for ${architecture}`,
        'set image to one that is there: debian-13, or the number of an own snapshot in this project',
      );
    if (found.deprecated)
      return warning(
        `${image} (${architecture}) is deprecated since ${found.deprecated.toISOString().slice(0, 10)}: three months later Hetzner makes no servers of it`,
        'set image to a newer one',
      );
    const untried = untriedImage(image);
    return untried ? warning(untried.what, untried.remedy) : fine(`${image} is there for ${architecture}`);
  });
}
