import { Command } from 'commander';
import { parseApiTimes } from '../api-times';
import { openLab } from '../lab';

/** `lab api-times --action 10 --answer 1.5-2`; without options it prints the present times. */
export function apiTimesCommand(): Command {
  return new Command('api-times')
    .description('how long the emulated Hetzner takes, from now on; its real times are not published')
    .option('--action <seconds>', 'to move an address: an action of the floating IP or of aliases')
    .option('--answer <seconds>', 'to answer any request: a number, or a range as 1.5-2')
    .action(async ({ action, answer }: { action?: string; answer?: string }) => {
      const lab = await openLab();
      await lab.setApiTimes(parseApiTimes(action, answer));
      const { apiTimes } = await openLab();
      const seconds = (milliseconds: number) => `${milliseconds / 1000} s`;
      console.log(
        `an action of an address takes ${seconds(apiTimes.action)}, an answer ${seconds(apiTimes.answer.from)} to ${seconds(apiTimes.answer.to)}`,
      );
    });
}
