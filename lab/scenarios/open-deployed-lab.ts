import { openLab, type Lab } from '../lab';

/**
 * The running lab, fit for scenarios.
 * @throws if no lab runs, nothing is deployed to it, or visitors come through Cloudflare, because scenarios measure the floating IP
 */
export async function openDeployedLab(): Promise<Lab> {
  const lab = await openLab();
  if (lab.floatingIp === '') throw new Error(`nothing is deployed to the lab ${lab.name}; deploy with: npx lab deploy`);
  if ((await lab.entrance()).by === 'Cloudflare')
    throw new Error(
      `visitors of the lab ${lab.name} come by way of Cloudflare, and scenarios are measured at the floating IP; ` +
        'deploy without Cloudflare with: npx lab deploy',
    );
  return lab;
}
